export type StoredPassword = "same" | "md5" | "other";

/**
 * @param stored undefined = the admin is not a superuser and cannot read it.
 * @param verifier null = the role has no password.
 */
export function compareStored(
  stored: string | null | undefined,
  verifier: string | null,
): StoredPassword {
  if (stored === verifier) return "same";
  return stored?.startsWith("md5") === true ? "md5" : "other";
}
