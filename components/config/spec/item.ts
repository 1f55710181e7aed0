/** A 1Password item that holds a login; part of `StackSpec`. */

/** Where a 1Password item is: vault and item, each by title or by its 26-character id. */
export interface ItemRef {
  readonly vault: string;
  readonly item: string;
}

/** For messages and for the provider: `Homelab/postgres-admin`. */
export function describeItem({ vault, item }: ItemRef): string {
  return `${vault}/${item}`;
}

/** Whether 1Password takes this text as an id, not as a title. */
export function isItemId(text: string): boolean {
  return /^[a-z0-9]{26}$/.test(text);
}

/** Labels of the fields of an item that hold a login. */
export interface LoginFields {
  /** undefined = the item has none, and the user's name is the role's. */
  readonly username: string | undefined;
  readonly password: string;
}

export interface PasswordRecipe {
  /** Characters. */
  readonly length: number;
  readonly alphabet: "letters-digits" | "hex";
}
