import { inspect } from "node:util";

const hidden = "‹password›";

/**
 * A user name and its password. However it is printed, the password is not: it has to be asked for
 * with `revealPassword`, so that every place that holds it in clear can be found by that name.
 */
export class Credential {
  readonly username: string;
  /** Of the 1Password item that it is from; undefined = from elsewhere. */
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
