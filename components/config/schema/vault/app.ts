import { z } from "zod";
import { restartTargets } from "../manifests/restart.ts";
import { DnsLabel } from "../primitives.ts";
import { Claims, NamespacedName, Ttl, VaultPolicy, VaultRole } from "./names.ts";

/** In an app's entry. */
export const credentialsKey = z
  .enum(["onepassword", "vault"])
  .describe(
    "Where the owner's login comes from. onepassword: from its item. vault: the owner has NOLOGIN, and Vault's database engine makes short-lived logins that SET ROLE to it. Default: onepassword.",
  );

/** In an app's entry. */
export const AppVault = z
  .strictObject({
    role: VaultRole.describe("Role of Vault's Kubernetes auth method. Default: the app's name."),
    serviceAccount: DnsLabel.describe(
      "ServiceAccount that the operator logs in with. The app makes it. Default: the app's name.",
    ),
    accounts: z
      .array(NamespacedName)
      .describe(
        "Further ServiceAccounts that may log in as the app, as namespace/name. Those in another namespace get a role of their own, <role>-<namespace>.",
      ),
    restart: restartTargets("argo.Rollout").describe(
      "What the operator restarts in the app's namespace when a Secret from Vault has changed. Default: nothing. Required with `credentials: vault`.",
    ),
    databaseRole: VaultRole.describe(
      "With `credentials: vault`: role of the database engine. Default: the app's name.",
    ),
    ttl: Ttl.describe(
      "With `credentials: vault`: how long a login lasts until its lease is renewed. Default: 1h.",
    ),
    maxTtl: Ttl.describe(
      "With `credentials: vault`: how long a login lasts at most. Default: 24h.",
    ),
    renewalPercent: z
      .int()
      .min(0)
      .max(90)
      .describe(
        "With `credentials: vault`: the operator renews a lease after this part of it, in percent. Default: 67.",
      ),
    revoke: z
      .boolean()
      .describe(
        "With `credentials: vault`: end the lease, and so the login, when its manifest is deleted. Default: true.",
      ),
    policy: VaultPolicy.describe(
      "Policy with what the app may read in Vault. Default: the name of the role.",
    ),
    opsPolicy: VaultPolicy.describe(
      "With `manage.ci`: policy with what the app's pipeline may do in Vault. Default: <app>-ops.",
    ),
    opsPolicies: z
      .array(VaultPolicy)
      .describe("With `manage.ci`: more policies for the app's pipeline, which others made."),
    ciRole: VaultRole.describe(
      "With `manage.ci`: role that the app's pipeline logs in with. Default: by `manage.ci.role`.",
    ),
    group: VaultRole.describe(
      "With `manage.ci`: group of Vault's users who may do what the pipeline may. Default: <app>-ops.",
    ),
    claims: Claims.describe(
      "With `manage.ci`: claims that a token of the app's pipeline must have, in place of those of the same name in `manage.ci.claims`.",
    ),
    adopt: z
      .boolean()
      .describe(
        "With `manage`: overwrite policies and roles of these names that this stack did not make. Default: false.",
      ),
  })
  .partial();
