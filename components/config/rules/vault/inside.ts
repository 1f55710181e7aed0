import { type Problem, problemAt } from "../../../errors.ts";
import { whenGiven } from "../../../when.ts";
import type { StackConfig } from "../../schema/stack.ts";
import type { VaultInsideSpec } from "../../spec/vault-inside.ts";
import type { AppSpec, StackSpec, VaultApp } from "../../spec.ts";
import { appAt, findRepeated, type Use } from "../names.ts";

const manage = "berth:secrets.vault.manage";

export function findInsideProblems({ apps, secrets }: StackSpec, config: StackConfig): Problem[] {
  const { vault } = secrets;
  if (vault === undefined) return [];
  const { inside, authMount } = vault;
  const users = apps.filter((app): app is VaultApp => app.vault !== undefined);
  return [
    ...apps.flatMap((app) => findUselessKeys(app, config, inside)),
    ...findDatabaseProblems(users, inside),
    ...(inside.half === "none" ? [] : findNameProblems(users, { inside, authMount })),
  ];
}

const ofCi = ["opsPolicy", "opsPolicies", "ciRole", "group", "claims"] as const;

function findUselessKeys(app: AppSpec, config: StackConfig, { ci }: VaultInsideSpec): Problem[] {
  const given = config.apps[app.name]?.vault ?? {};
  return ofCi
    .filter((key) => ci === undefined && given[key] !== undefined)
    .map((key) =>
      problemAt(
        appAt(app, `vault.${key}`),
        `needs ${manage}.ci; remove the key, or say there how pipelines log in`,
      ),
    );
}

/** Somebody must say which login makes the logins of apps. */
function findDatabaseProblems(
  apps: readonly VaultApp[],
  { half, database }: VaultInsideSpec,
): Problem[] {
  const users = apps.filter((app) => app.vault.login !== undefined).map(({ name }) => name);
  if (database.item !== undefined || users.length === 0 || half === "none" || half === "apps")
    return [];
  return [
    problemAt(
      `${manage}.database.item`,
      `missing; the 1Password item with Vault's own login to Postgres, for the connections of ${users.join(", ")}`,
      `set ${manage}.database: { user: ${database.user}, item: ‹item› }`,
    ),
  ];
}

/** One name for two things would make each run change what the other made. */
function findNameProblems(
  apps: readonly VaultApp[],
  { inside, authMount }: { readonly inside: VaultInsideSpec; readonly authMount: string },
): Problem[] {
  const { operator, readers } = inside;
  const policies = [
    ...apps.map((app) => ({ name: app.vault.policy, at: appAt(app, "vault.policy") })),
    ...apps.flatMap((app) => toUse(app, app.vault.ci?.policy, "opsPolicy")),
    ...whenGiven(operator, ({ policy: name }) => ({ name, at: `${manage}.operator.policy` })),
    ...readers.map(({ name }) => ({ name, at: `${manage}.readers.${name}` })),
  ];
  const authRoles = [
    ...apps.flatMap((app) =>
      app.vault.authRoles.map(({ name }, index) => ({
        name,
        at: appAt(app, index === 0 ? "vault.role" : "vault.accounts"),
      })),
    ),
    ...whenGiven(operator, ({ role: name }) => ({ name, at: `${manage}.operator.role` })),
    ...readers.map(({ name }) => ({ name, at: `${manage}.readers.${name}` })),
  ];
  return [
    ...findMountProblems(apps, inside, authMount),
    ...policies
      .filter(({ name }) => name === "root" || name === "default")
      .map((use) =>
        problemAt(use.at, `the policy "${use.name}" is Vault's own; give it another name`),
      ),
    ...findRepeated("policy", policies),
    ...findRepeated("role of the Kubernetes auth method", authRoles),
    ...findRepeated(
      "role of the database engine",
      apps.flatMap((app) =>
        toUse(
          app,
          app.vault.login && `${app.vault.login.mount}/${app.vault.login.role}`,
          "databaseRole",
        ),
      ),
    ),
    ...findRepeated(
      "role of the JWT auth method",
      apps.flatMap((app) => toUse(app, app.vault.ci?.role, "ciRole")),
    ),
    ...findRepeated(
      "group",
      apps.flatMap((app) => toUse(app, app.vault.ci?.group, "group")),
    ),
  ];
}

function toUse(app: AppSpec, name: string | undefined, key: string): readonly Use[] {
  return whenGiven(name, (one) => ({ name: one, at: appAt(app, `vault.${key}`) }));
}

/** Each mount is of one type. */
function findMountProblems(
  apps: readonly VaultApp[],
  { kvMount, operator, ci }: VaultInsideSpec,
  authMount: string,
): Problem[] {
  const kv = [kvMount, ...apps.flatMap(({ vault }) => vault.secrets.map(({ mount }) => mount))];
  const database = apps.flatMap(({ vault }) => vault.login?.mount ?? []);
  const engines = [
    ...[...new Set(kv)].map((name) => ({ name, at: "a KV engine" })),
    ...[...new Set(database)].map((name) => ({ name, at: "berth:secrets.vault.databaseMount" })),
    ...whenGiven(operator, ({ transit: name }) => ({ name, at: `${manage}.operator.transit` })),
  ];
  const methods = [
    { name: authMount, at: "berth:secrets.vault.authMount" },
    ...whenGiven(ci, ({ mount: name }) => ({ name, at: `${manage}.ci.mount` })),
  ];
  return [...findRepeated("mount", engines), ...findRepeated("mount of an auth method", methods)];
}
