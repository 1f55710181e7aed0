import { z } from "zod";
import { Generate } from "../generate.ts";
import { restartTargets } from "../manifests/restart.ts";
import {
  AppName,
  ConnectionLimit,
  DnsLabel,
  ItemName,
  PgName,
  Scram,
  SearchPath,
} from "../primitives.ts";
import { Label, LoginInterval, secretSettings } from "../secret.ts";
import { Keys } from "../secret-keys.ts";
import { Except, Privileges } from "./privileges.ts";
import { Settings } from "./settings.ts";

/** An item with a login: its title or id, or where and under which labels it has it. */
const LoginItem = z.union([
  ItemName,
  z
    .strictObject({
      title: ItemName.describe("Title or id of the item. Default: <app>[-<role>]-db-credentials."),
      vault: ItemName.describe("Vault of the item. Default: berth:onepassword.vault."),
      username: Label.describe(
        "Label of the field with the user's name. Default: username; if only `password` is given, the role's name, and no field is read.",
      ),
      password: Label.describe("Label of the field with the password. Default: password."),
    })
    .partial(),
]);

const roleSettings = {
  item: LoginItem.describe(
    "1Password item with `username` and `password`: its title, or how to find these two in it.",
  ),
  secret: DnsLabel.describe(
    "Kubernetes Secret with the credential, for the pods. Default: the item's name.",
  ),
  namespace: DnsLabel.describe("Namespace of that Secret. Default: the app's."),
  keys: Keys,
  ...secretSettings,
  refreshInterval: LoginInterval.describe(
    "How often External Secrets reads it. Default: berth:secrets.refreshInterval.",
  ),
  connectionLimit: ConnectionLimit.describe(
    "Connections of the role at a time. Default: -1, no limit.",
  ),
  memberOf: z.array(PgName).describe("Other roles that the role is a member of."),
  settings: Settings,
  searchPath: SearchPath.describe(
    'search_path of the role; `[""]` = no schema but those of Postgres. Default: the server\'s.',
  ),
  replication: z
    .boolean()
    .describe(
      "REPLICATION, for change data capture. The role may then read all changes of all databases of the server. Default: false.",
    ),
  generate: Generate.describe(
    "How `add` and `rotate` make the role's password. Default: berth:onepassword.generate.",
  ),
  restart: restartTargets().describe(
    "What `rotate` restarts in the namespace of the Secret when it has the new password. Default: nothing.",
  ),
  autoRestart: z
    .boolean()
    .describe(
      "The 1Password operator restarts the Deployments that use the Secret when the item has changed. Default: false.",
    ),
  scram: Scram.describe(
    "Iterations and salt of an adopted role's verifier, `4096:<base64>`. With them an unchanged password keeps its stored verifier. Default: 4096, and a salt derived from the role's name and the item's id.",
  ),
};

const withPassword = "password: with the password in the item.";
const external =
  "external: the server checks the login in another way, such as a cloud's IAM or a client certificate; the role has no password, no item and no Secret.";
const none = "none: nobody logs in as the role (NOLOGIN), and others are its members.";

const ofPassword = [
  ...(["item", "secret", "namespace", "scram", "keys", "type"] as const),
  ...(["refreshInterval", "creationPolicy", "deletionPolicy"] as const),
] as const;

/** Refuses the keys about a password of a role without one. */
function refuseUnused(
  ctx: z.core.ParsePayload<
    Partial<Record<(typeof ofPassword)[number], unknown>> & { readonly login?: string | undefined }
  >,
): void {
  const role = ctx.value;
  if (role.login === undefined || role.login === "password") return;
  for (const key of ofPassword.filter((one) => role[one] !== undefined)) {
    const message = `has no effect with \`login: ${role.login}\`, because the role has no password; remove it`;
    ctx.issues.push({ code: "custom", path: [key], message, input: role[key] });
  }
}

export const Owner = z
  .strictObject({
    name: PgName.describe(
      "Name of the role. Default: <app>, or <app>_role if it cannot log in, with `-` as `_`.",
    ),
    ...roleSettings,
    login: z
      .enum(["password", "external"])
      .describe(`${withPassword} ${external} Default: password.`),
    rotation: z
      .enum(["in-place", "two-logins"])
      .describe(
        "in-place: the owner logs in, and a new password replaces the old one. two-logins: the owner has NOLOGIN; the app's login alternates between two roles, so the old password works until nobody uses it. Default: in-place.",
      ),
    logins: z
      .tuple([PgName, PgName])
      .describe("Names of the two logins. Default: <app>_a and <app>_b, with `-` as `_`."),
  })
  .partial()
  .refine((owner) => owner.logins === undefined || owner.rotation === "two-logins", {
    error: "has `logins`, which needs `rotation: two-logins`",
  })
  .check(refuseUnused);

/** Other apps whose databases the role reads. */
const Reads = z
  .union([
    z.array(AppName),
    z.record(
      AppName,
      z
        .strictObject({ privileges: Privileges, except: Except })
        .partial()
        .nullable()
        .describe("What the role has in the database of this app."),
    ),
  ])
  .describe(
    "Apps whose databases the role reads too, as with profile readonly: [shop, crm]. Or with what it has there, { shop: { except: [salaries] } }.",
  );

/** A further login role. */
export const ScopedRole = z
  .strictObject({
    name: PgName.describe("Name of the role. Default: <app>_<key>, with `-` as `_`."),
    ...roleSettings,
    login: z
      .enum(["password", "external", "none"])
      .describe(`${withPassword} ${external} ${none} Default: password.`),
    profile: z
      .enum(["readwrite", "readonly"])
      .describe("readwrite: SELECT, INSERT, UPDATE, DELETE. readonly: SELECT. No DDL in either."),
    privileges: Privileges,
    except: Except,
    reads: Reads,
  })
  .partial()
  .refine(
    (role) => [role.profile, role.privileges, role.reads].some((given) => given !== undefined),
    { error: "give a `profile` (readwrite, readonly), `privileges`, or both" },
  )
  .check(refuseUnused);
