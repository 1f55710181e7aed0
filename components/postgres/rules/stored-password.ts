/** What a stored password is, compared with the verifier that the role gets. */
export type StoredPassword = "same" | "md5" | "other";

/** Compares them. `undefined` = only a superuser may see what is stored, and the admin is none. */
export function compareStored(stored: string | null | undefined, verifier: string): StoredPassword {
  if (stored === verifier) return "same";
  return stored?.startsWith("md5") === true ? "md5" : "other";
}
