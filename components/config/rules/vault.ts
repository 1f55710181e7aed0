import type { StackConfig } from "../schema/stack.ts";
import type { AppSpec, StackSpec } from "../spec.ts";
import { findPlaceholderProblem } from "./logins.ts";

/** What the keys about HashiCorp Vault say together that cannot be had, each with its key path. */
export function findVaultProblems({ apps, secrets }: StackSpec, config: StackConfig): string[] {
  const users = apps.filter((app) => app.vault !== undefined).map(at);
  return [
    ...(secrets.vault === undefined && users.length > 0
      ? [
          `berth:secrets.vault: missing; ${users.join(", ")} need it: address, to make a VaultConnection, or the connection that exists`,
        ]
      : []),
    ...apps.flatMap((app) => findAppProblems(app, config.apps[app.name] ?? {})),
  ];
}

type Entry = NonNullable<StackConfig["apps"][string]>;

function findAppProblems(app: AppSpec, entry: Entry): string[] {
  if (app.vault === undefined) {
    return entry.vault === undefined
      ? []
      : [`${at(app)}.vault: nothing of the app comes from Vault; leave it out`];
  }
  if (app.vault.login !== undefined) return findCredentialProblems(app, entry);
  return (["databaseRole", "renewalPercent", "revoke"] as const)
    .filter((key) => entry.vault?.[key] !== undefined)
    .map((key) => `${at(app)}.vault.${key}: goes with credentials: vault; leave it out`);
}

/** The owner of such an app has no login of Berth's. */
function findCredentialProblems(app: AppSpec, { owner = {}, vault = {} }: Entry): string[] {
  const why = "with credentials: vault the owner has no login of its own";
  const useless = (["item", "scram", "rotation", "logins"] as const).filter(
    (key) => owner[key] !== undefined,
  );
  const [{ name }] = app.roles;
  return [
    ...useless.map((key) => `${at(app)}.owner.${key}: ${why}; leave it out`),
    ...(app.provisioner === "berth"
      ? []
      : [
          `${at(app)}.credentials: got "vault"; with provisioner "${app.provisioner}" allowed is onepassword, since its roles always state a password; set ${at(app)}.provisioner to berth`,
        ]),
    // Vault replaces {{…}} in its statements, and $ ends a body in them; a person pastes them as lines.
    ...(/[{}$\p{Cc}]/u.test(`${name}${app.roles[0].searchPath.join("")}`)
      ? [
          `${at(app)}.owner: "${name}" and its searchPath may hold no {, }, $ and control characters, which Vault would read as its own`,
        ]
      : []),
    ...(vault.restart === undefined
      ? [
          `${at(app)}.vault.restart: missing; the login changes when its lease ends, so name what reads the Secret ([Deployment/${app.name}]), or [] where the app reads it again by itself`,
        ]
      : []),
    ...findPlaceholderProblem(app, "credentials: vault"),
  ];
}

function at({ name }: AppSpec): string {
  return `berth:apps.${name}`;
}
