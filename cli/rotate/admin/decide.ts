/** The next step of a rotation of the admin's own password. */
export type AdminStep =
  /** Put a new password into the item, beside the one in use. Then as `set`. */
  | { readonly kind: "stage" }
  /** The item has the next password, and the server does not: give it to the server. Then as `take`. */
  | { readonly kind: "set" }
  /** The server has the next password: let the item's `password` be that. */
  | { readonly kind: "take" }
  | { readonly kind: "refuse"; readonly because: "any password" | "no password" };

/**
 * Decides from logins alone. Pure.
 *
 * @param works Whether the server accepts the item's password; `next` the staged one (undefined = there is none);
 * `wrong` one that nobody has.
 */
export function decideAdminStep(accepts: {
  readonly works: boolean;
  readonly next: boolean | undefined;
  readonly wrong: boolean;
}): AdminStep {
  const { works, next, wrong } = accepts;
  if (wrong) return { kind: "refuse", because: "any password" };
  if (next === true) return { kind: "take" };
  if (!works) return { kind: "refuse", because: "no password" };
  return { kind: next === undefined ? "stage" : "set" };
}
