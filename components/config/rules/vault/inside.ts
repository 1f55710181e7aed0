import type { StackConfig } from "../../schema/stack.ts";
import type { AppVaultSpec } from "../../spec/vault.ts";
import type { VaultInsideSpec } from "../../spec/vault-inside.ts";
import type { AppSpec, StackSpec } from "../../spec.ts";
import { findRepeated } from "../names.ts";

/** A name of something inside Vault, and the key path that gives it. */
interface Use {
  readonly name: string;
  readonly at: string;
}

const manage = "berth:secrets.vault.manage";

/** Problems with what is inside Vault, each with its key path. */
export function findInsideProblems({ apps, secrets }: StackSpec, config: StackConfig): string[] {
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

interface VaultApp extends AppSpec {
  readonly vault: AppVaultSpec;
}

const ofCi = ["opsPolicy", "opsPolicies", "ciRole", "group", "claims"] as const;

function findUselessKeys(app: AppSpec, config: StackConfig, { ci }: VaultInsideSpec): string[] {
  const given = config.apps[app.name]?.vault ?? {};
  return ofCi
    .filter((key) => ci === undefined && given[key] !== undefined)
    .map(
      (key) =>
        `${at(app, key)}: needs ${manage}.ci; remove the key, or say there how pipelines log in`,
    );
}

/** Somebody must say which login makes the logins of apps. */
function findDatabaseProblems(
  apps: readonly VaultApp[],
  { half, database }: VaultInsideSpec,
): string[] {
  const users = apps.filter((app) => app.vault.login !== undefined).map(({ name }) => name);
  if (database.item !== undefined || users.length === 0 || half === "none" || half === "apps")
    return [];
  return [
    `${manage}.database.item: missing; the 1Password item with Vault's own login to Postgres, for the connections of ${users.join(", ")}\n    fix: set ${manage}.database: { user: ${database.user}, item: ‹item› }`,
  ];
}

/** One name for two things would make each run change what the other made. */
function findNameProblems(
  apps: readonly VaultApp[],
  { inside, authMount }: { readonly inside: VaultInsideSpec; readonly authMount: string },
): string[] {
  const { operator, ci, readers } = inside;
  const policies = [
    ...apps.map((app) => ({ name: app.vault.policy, at: at(app, "policy") })),
    ...apps.flatMap((app) => toUse(app, app.vault.ci?.policy, "opsPolicy")),
    ...(operator === undefined ? [] : [{ name: operator.policy, at: `${manage}.operator.policy` }]),
    ...readers.map(({ name }) => ({ name, at: `${manage}.readers.${name}` })),
  ];
  const authRoles = [
    ...apps.flatMap((app) =>
      app.vault.authRoles.map(({ name }, index) => ({
        name,
        at: at(app, index === 0 ? "role" : "accounts"),
      })),
    ),
    ...(operator === undefined ? [] : [{ name: operator.role, at: `${manage}.operator.role` }]),
    ...readers.map(({ name }) => ({ name, at: `${manage}.readers.${name}` })),
  ];
  return [
    ...findMountProblems(apps, inside, authMount),
    ...policies
      .filter(({ name }) => name === "root" || name === "default")
      .map((use) => `${use.at}: the policy "${use.name}" is Vault's own; give it another name`),
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
    ...(ci === undefined
      ? []
      : [
          ...findRepeated(
            "role of the JWT auth method",
            apps.flatMap((app) => toUse(app, app.vault.ci?.role, "ciRole")),
          ),
          ...findRepeated(
            "group",
            apps.flatMap((app) => toUse(app, app.vault.ci?.group, "group")),
          ),
        ]),
  ];
}

function toUse(app: AppSpec, name: string | undefined, key: string): readonly Use[] {
  return name === undefined ? [] : [{ name, at: at(app, key) }];
}

/** Each mount is of one type. */
function findMountProblems(
  apps: readonly VaultApp[],
  { kvMount, operator, ci }: VaultInsideSpec,
  authMount: string,
): string[] {
  const kv = [kvMount, ...apps.flatMap(({ vault }) => vault.secrets.map(({ mount }) => mount))];
  const database = apps.flatMap(({ vault }) => vault.login?.mount ?? []);
  const engines = [
    ...[...new Set(kv)].map((name) => ({ name, at: "a KV engine" })),
    ...[...new Set(database)].map((name) => ({ name, at: "berth:secrets.vault.databaseMount" })),
    ...(operator === undefined
      ? []
      : [{ name: operator.transit, at: `${manage}.operator.transit` }]),
  ];
  const methods = [
    { name: authMount, at: "berth:secrets.vault.authMount" },
    ...(ci === undefined ? [] : [{ name: ci.mount, at: `${manage}.ci.mount` }]),
  ];
  return [...findRepeated("mount", engines), ...findRepeated("mount of an auth method", methods)];
}

function at({ name }: AppSpec, key: string): string {
  return `berth:apps.${name}.vault.${key}`;
}
