import { type Problem, problemAt, problemWhen } from "../../../errors.ts";
import type { AppEntry, StackConfig } from "../../schema/stack.ts";
import type { AppSpec, StackSpec } from "../../spec.ts";
import { findPlaceholderProblem } from "../logins.ts";
import { appAt } from "../names.ts";

export function findVaultProblems({ apps, secrets }: StackSpec, config: StackConfig): Problem[] {
  const users = apps.filter((app) => app.vault !== undefined).map((app) => appAt(app));
  return [
    ...problemWhen(
      secrets.vault === undefined && users.length > 0,
      "berth:secrets.vault",
      `missing; needed by ${users.join(", ")}; set address (Berth makes the VaultConnection) or connection (it exists)`,
    ),
    ...apps.flatMap((app) => findAppProblems(app, config.apps[app.name] ?? {})),
  ];
}

function findAppProblems(app: AppSpec, entry: AppEntry): Problem[] {
  if (app.vault === undefined) {
    return problemWhen(
      entry.vault !== undefined,
      appAt(app, "vault"),
      "the app uses nothing from Vault; remove the key",
    );
  }
  if (app.vault.login !== undefined) return findCredentialProblems(app, entry);
  return (["databaseRole", "ttl", "maxTtl", "renewalPercent", "revoke"] as const)
    .filter((key) => entry.vault?.[key] !== undefined)
    .map((key) =>
      problemAt(appAt(app, `vault.${key}`), "needs credentials: vault; remove the key"),
    );
}

/** Rules for `credentials: vault`, where the owner does not log in. */
function findCredentialProblems(app: AppSpec, { owner = {}, vault = {} }: AppEntry): Problem[] {
  const why = "with credentials: vault the owner does not log in";
  const useless = (["item", "scram", "rotation", "logins", "login"] as const).filter(
    (key) => owner[key] !== undefined,
  );
  const [{ name, searchPath, parameters }] = app.roles;
  const { ttl = 0, maxTtl = 0 } = app.vault?.login ?? {};
  return [
    ...useless.map((key) => problemAt(appAt(app, `owner.${key}`), `${why}; remove the key`)),
    ...problemWhen(
      app.provisioner !== "berth",
      appAt(app, "credentials"),
      `got "vault"; provisioner "${app.provisioner}" allows only onepassword, because it sets a password on every role; set ${appAt(app)}.provisioner to berth`,
    ),
    // Vault replaces {{…}} in its statements, $ ends a quoted body, and people paste statements line by line.
    ...problemWhen(
      /[{}$\p{Cc}]/u.test(`${name}${searchPath.join("")}${Object.values(parameters).join("")}`),
      appAt(app, "owner"),
      `the name "${name}", searchPath and settings must not have {, }, $ or control characters, which have a meaning in Vault's statements`,
    ),
    ...problemWhen(
      vault.restart === undefined,
      appAt(app, "vault.restart"),
      `missing; the login changes when its lease ends, so name what reads the Secret ([Deployment/${app.name}]), or [] if the app reloads it by itself`,
    ),
    ...problemWhen(
      ttl > maxTtl,
      appAt(app, "vault.ttl"),
      `is longer than maxTtl (${vault.maxTtl ?? "24h"}), after which the login ends; make maxTtl longer or ttl shorter`,
    ),
    ...findPlaceholderProblem(app, "credentials: vault"),
  ];
}
