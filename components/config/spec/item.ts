/** A 1Password item that holds a login; part of `StackSpec`. */

/** Where a 1Password item is: vault and item, each by title or by its 26-character id. */
export interface ItemRef {
  readonly vault: string;
  readonly item: string;
}

/** Labels of the fields of an item that hold a login. */
export interface LoginFields {
  /** undefined = the item has none, and the user's name is the role's. */
  readonly username: string | undefined;
  readonly password: string;
}

/** How a new password is made. */
export interface PasswordRecipe {
  /** Characters. */
  readonly length: number;
  readonly alphabet: "letters-digits" | "hex";
}
