import { inspect } from "node:util";

const hidden = "‹password›";

/** Printing it never shows the password. A search for `revealPassword` finds every place that has it in clear. */
export class Credential {
  readonly username: string;
  /** Id of its 1Password item; undefined = it is not from 1Password. */
  readonly itemId: string | undefined;
  readonly #password: string;

  constructor(username: string, password: string, itemId?: string) {
    this.username = username;
    this.itemId = itemId;
    this.#password = password;
  }

  /** The password in clear. Never log it, never put it into an argument or an error. */
  revealPassword(): string {
    return this.#password;
  }

  toString(): string {
    return `${this.username}:${hidden}`;
  }

  toJSON(): { username: string; password: string } {
    return { username: this.username, password: hidden };
  }

  [inspect.custom](): string {
    return `Credential(${this.toString()})`;
  }
}
