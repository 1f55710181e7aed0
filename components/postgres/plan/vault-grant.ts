/**
 * Vault's own login to Postgres. It makes the logins of an app as members of the app's owner role, so it must be a
 * member WITH ADMIN OPTION itself.
 */
export interface VaultGrant {
  readonly app: string;
  readonly login: string;
  /** Role that owns the app's database. */
  readonly owner: string;
}
