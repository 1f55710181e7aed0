import type { Tried } from "./trial.ts";

/** Fixes about Vault that a test of their own room tries. */

const vault = "vault/http/client.test.ts";
const guard = "vault/guard.test.ts";
const vaultAccess = "vault/http/access.test.ts";
const vaultConnection = "provider/vault-connection/handler.test.ts";
const vaultFound = "provider/vault-connection/found.test.ts";
const vaultGrant = "provider/vault-grant/handler.postgres.rows.test.ts";
const doctorVault = "cli/doctor/vault.test.ts";
const realDoctor = "vault/doctor.postgres.full.test.ts";

export const ofVault: Readonly<Record<string, readonly Tried[]>> = {
  "cli/doctor/vault.ts": [
    ["export VAULT_ADDR, the URL of Vault", doctorVault, "where only the cluster reaches Vault"],
    ["vault operator unseal", realDoctor, "says that it is sealed"],
    ["vault operator init", doctorVault, "a new one"],
    ["correct its path in the stack file", doctorVault, "a CA that cannot be read"],
    ["vault login, then export VAULT_TOKEN", doctorVault, "a wrong token"],
  ],
  "cli/doctor/vault-objects.ts": [
    ["run …", realDoctor, "sees that somebody changed"],
    [
      "as an administrator of Vault run what this prints: …",
      doctorVault,
      "is for an administrator",
    ],
    ["run pulumi up in the stack that makes the … half", doctorVault, "is the other stack's"],
    ["take … out of berth:secrets.vault.manage.existing", doctorVault, "a mount of others"],
    ["export VAULT_TOKEN with a policy", doctorVault, "for a token that may not read it"],
  ],
  "cli/doctor/vault-values.ts": [
    ['add to a policy of the token: path "…', doctorVault, "for a token that may not read it"],
    ["vault kv … -mount=… …", doctorVault, "are values that a Secret would not have"],
  ],
  "components/postgres/server/vault-login.ts": [
    ["make a role for Vault alone", vaultGrant, "takes %s for no login of Vault's"],
    ["as the admin: CREATE ROLE … LOGIN CREATEROLE", vaultGrant, "says how to make a login"],
    ["as a superuser: ALTER ROLE", vaultGrant, "the attributes that one lacks"],
    ["run pulumi up again when it is", vaultGrant, "an app that is yet to be made"],
    ["end their leases with vault lease revoke", vaultGrant, "once no login of Vault's is left"],
  ],
  "components/vault/http/access.ts": [
    ["set berth:secrets.vault.manage.address", vaultAccess, "until one is given"],
    ["vault login, then export VAULT_TOKEN", vaultAccess, "until one is exported"],
    ["export VAULT_ADDR=https://vault", vaultAccess, "by mistake"],
  ],
  "components/vault/http/client.ts": [
    ["correct berth:secrets.vault.manage.caFile", vault, "trusts a CA that is named"],
  ],
  "components/vault/http/failure.ts": [
    ["vault operator unseal", vault, "goes on once it is not"],
    ["vault status shows when one is active", vault, "goes on when one is"],
    ["vault secrets list and vault auth list", vault, "names the mount that is missing"],
    ["set berth:secrets.vault.manage.caFile", vault, "trusts a CA that is named"],
    ["see that Vault runs", vault, "works at the right address"],
    ["it has expired or is another Vault's", vault, "works with one that is"],
    ["add to a policy of the token", vault, "names the right that a token lacks"],
  ],
  "components/config/derive/vault-for.ts": [
    ["set berth:secrets.vault.manage.half to apps", "vault/plan.test.ts", "is refused for"],
    ["set berth:secrets.vault.manage.database.item", "vault/plan.test.ts", "is refused for"],
  ],
  "components/vault/guard.ts": [
    ["make the central half first", guard, "roles wait for the policy"],
    ["to use it as it is, add …", guard, "with the way to use it"],
    ["or give the mount another name", guard, "with the way to use it"],
    ["give it another name under berth:secrets.vault.manage", guard, "adopted by no app"],
    ["give it another name under berth:apps.….vault", guard, "both ways out"],
    ["or, to overwrite what is there, set berth:apps.….vault.adopt", guard, "both ways out"],
  ],
  "provider/vault-connection/decide.ts": [
    ["set berth:secrets.vault.databaseMount", vaultConnection, "is replaced under another path"],
    [
      "or, to write over it, set berth:apps.….vault.adopt",
      vaultConnection,
      "until the entry adopts it",
    ],
  ],
  "provider/vault-connection/handler.ts": [
    ["set berth:apps.….vault.adopt to true", vaultFound, "names the key that adopts"],
  ],
  "provider/vault-connection/write.ts": [
    ["correct the item's username", vaultConnection, "an item with another login"],
    ['give role "…" the password of item', vaultConnection, "%s"],
    ["see that Vault itself reaches Postgres", vaultConnection, "%s"],
    ["if Vault rotated it (rotate-root)", vaultConnection, "and says so until it is"],
    ["deploy the app with its new login", vaultFound, "are in use"],
  ],
  "provider/vault-grant/handler.ts": [["run pulumi up: it finds", vaultGrant, "needs no import"]],
};
