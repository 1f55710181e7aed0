/** The next step of a rotation of the admin's own password. */
export type AdminStep =
  /** Put a new password into the item, beside the one in use. Then as `set`. */
  | "stage"
  /** The item has the next password, and the server does not: give it to the server. Then as `take`. */
  | "set"
  /** The server has the next password: let the item's `password` be that. */
  | "take";

/**
 * Decides from logins alone. Pure. The other answers say which password the server accepts, and why there is no step.
 *
 * @param works Whether the server accepts the item's password; `next` the staged one (undefined = there is none);
 * `wrong` one that nobody has.
 */
export function decideAdminStep(accepts: {
  readonly works: boolean;
  readonly next: boolean | undefined;
  readonly wrong: boolean;
}): AdminStep | "any password" | "no password" {
  const { works, next, wrong } = accepts;
  if (wrong) return "any password";
  if (next === true) return "take";
  if (!works) return "no password";
  return next === undefined ? "stage" : "set";
}
