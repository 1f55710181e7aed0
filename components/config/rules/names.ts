import type { z } from "zod";
import { type Problem, problemAt } from "../../errors.ts";
import { whenGiven } from "../../when.ts";
import { rolePath, SHARED } from "../derive/names.ts";
import { hasItem, hasSecret } from "../logins.ts";
import { DnsLabel, PgIdentifier, PgName } from "../schema/primitives.ts";
import type { PostgresSpec } from "../spec/postgres.ts";
import type { AppSpec, RoleSpec, StackSpec } from "../spec.ts";

/**
 * Names that Berth must refuse, written or derived: reserved, too long, used twice. On Postgres 15 and
 * older CREATEROLE may alter any role that is not a superuser, so this check protects the neighbours.
 */

const systemNames = ["postgres", "template0", "template1", "public", "none"];

/** A name, and the key path that gives it. */
export interface Use {
  readonly name: string;
  readonly at: string;
}

export interface NameRules {
  readonly postgres: Pick<PostgresSpec, "reserved" | "maintenanceDatabase" | "ownershipRole">;
}

/** Why Berth must not manage a role or database of this name; undefined = it may. */
export function reservedReason(name: string, spec: NameRules): string | undefined {
  const { postgres } = spec;
  const foreign = foreignReason(name, spec);
  if (foreign !== undefined) return foreign;
  if (name === postgres.maintenanceDatabase) {
    return "is the maintenance database (berth:postgres.maintenanceDatabase)";
  }
  if (name === postgres.ownershipRole)
    return "is the ownership role (berth:postgres.ownershipRole)";
  return undefined;
}

/** Why a name belongs to Postgres or to a neighbour. */
function foreignReason(
  name: string,
  { postgres }: { readonly postgres: Pick<PostgresSpec, "reserved"> },
): string | undefined {
  // A role could be called "PUBLIC" in quotes. In a message it would look like the keyword PUBLIC.
  if (systemNames.includes(name) || name.toLowerCase() === "public") {
    return "belongs to Postgres itself";
  }
  if (name.startsWith("pg_")) return 'starts with "pg_", which belongs to Postgres itself';
  if (postgres.reserved.includes(name)) return "is reserved (berth:postgres.reserved)";
  return undefined;
}

export function findNameProblems(spec: StackSpec): Problem[] {
  return [
    ...findOwnershipRoleProblems(spec),
    ...findSharedProblems(spec),
    ...spec.apps.flatMap((app) => findAppProblems(app, spec)),
    ...findRepeated("role", spec.apps.flatMap(roleUses)),
    ...findRepeated("database", spec.apps.flatMap(databaseUses)),
    ...findRepeated(
      "Secret",
      spec.apps.flatMap((app) => secretNames(app, spec.postgres.namespace)),
    ),
    ...findRepeated(
      "1Password item for a role",
      spec.apps.flatMap((app) =>
        app.roles
          .filter(hasItem)
          .map((r) => ({ name: toLoginName(r, spec), at: roleAt(app, r, "item") })),
      ),
    ),
  ];
}

/** What holds a role's login. An item may hold several, each in fields of its own. */
function toLoginName({ item, fields }: RoleSpec, { vault }: Pick<StackSpec, "vault">): string {
  const where = item.vault === vault ? item.item : `${item.vault}/${item.item}`;
  return fields.password === "password" ? where : `${where}/${fields.password}`;
}

/** Every role that Berth makes is a member of the ownership role and would inherit its privileges. */
function findOwnershipRoleProblems(spec: StackSpec): Problem[] {
  const { ownershipRole } = spec.postgres;
  const path = "berth:postgres.ownershipRole";
  const reason = foreignReason(ownershipRole, spec);
  return [
    ...whenGiven(reason, (why) => problemAt(path, `"${ownershipRole}" ${why}; set another name`)),
    ...findFormProblems(PgIdentifier, { name: ownershipRole, at: path }),
  ];
}

/** The manifests of an app, and those that apps share, are resources of one type, each with a label that says whose. */
function findSharedProblems({ apps, gitops, cluster }: StackSpec): Problem[] {
  if (gitops === undefined && cluster === undefined) return [];
  return apps
    .filter(({ name }) => name === SHARED)
    .map(({ name }) =>
      problemAt(
        `berth:apps.${name}`,
        `"${name}" stands for the manifests that apps share; rename the entry, and keep its role and database with owner.name and database.name`,
      ),
    );
}

function findAppProblems(app: AppSpec, spec: StackSpec): Problem[] {
  const identifiers = [...databaseUses(app), ...roleUses(app)];
  const labels = [
    { name: app.namespace, at: appAt(app, "namespace") },
    ...app.roles
      .filter(hasSecret)
      .map((r) => ({ name: r.secretName, at: roleAt(app, r, "secret") })),
  ];
  const problems: Problem[] = [];
  for (const use of identifiers) {
    const reserved = reservedReason(use.name, spec);
    if (reserved !== undefined) {
      problems.push(problemAt(use.at, `"${use.name}" ${reserved}; rename the app or set this key`));
    }
    problems.push(...findFormProblems(PgName, use));
  }
  problems.push(...labels.flatMap((use) => findFormProblems(DnsLabel, use)));
  return [...problems, ...findAdminProblems(app, spec)];
}

/** Only the database's namespace has the admin credential, so apps may not use that item or namespace. */
function findAdminProblems(app: AppSpec, spec: StackSpec): Problem[] {
  const { admin, adminUser, namespace } = spec.postgres;
  const items = [
    ...app.roles.filter(hasItem).map((r) => ({ item: r.item, at: roleAt(app, r, "item") })),
    ...app.secrets.map((s) => ({ item: s.item, at: appAt(app, `secrets.${s.name}`) })),
  ];
  const namespaces = [
    { name: app.namespace, at: appAt(app, "namespace") },
    ...app.roles
      .filter(hasSecret)
      .map((r) => ({ name: r.namespace, at: roleAt(app, r, "namespace") })),
    ...listSecrets(app).map((s) => ({
      name: s.namespace,
      at: appAt(app, `secrets.${s.name}.namespace`),
    })),
  ].filter((use, index, all) => all.findIndex((other) => other.name === use.name) === index);
  return [
    ...items
      .filter(() => adminUser === undefined)
      .filter(({ item }) => item.item === admin.item && item.vault === admin.vault)
      .map((use) =>
        problemAt(
          use.at,
          `"${use.item.item}" is the admin's item (berth:postgres.adminItem); name an item of the app's own`,
        ),
      ),
    ...namespaces
      .filter((use) => use.name === namespace)
      .map((use) =>
        problemAt(
          use.at,
          `"${use.name}" is the namespace of the database (berth:postgres.namespace); name one of the app's own`,
        ),
      ),
  ];
}

function findFormProblems(form: z.ZodType, { name, at: path }: Use): Problem[] {
  const { error } = form.safeParse(name);
  return (error?.issues ?? []).map(({ message }) => problemAt(path, `"${name}" ${message}`));
}

export function findRepeated(what: string, uses: readonly Use[]): Problem[] {
  const byName = Map.groupBy(uses, (use) => use.name);
  return [...byName]
    .filter(([, group]) => group.length > 1)
    .map(([name, group]) => {
      const places = group.map((use) => use.at).join(" and ");
      return {
        what: `${places}: the ${what} "${name}" is used ${String(group.length)} times; each needs a name of its own`,
      };
    });
}

/** What is wrong below a key path, found by a path that begins there. */
export function below(at: string, { at: path = "", what }: Problem): Problem {
  return { at: `${at}.${path}`, what: `${at}.${what}` };
}

/** Each Secret is in the app's namespace. A credential from an item is in the database's, too. */
function secretNames(app: AppSpec, databaseNamespace: string): Use[] {
  return [
    ...app.roles.filter(hasItem).map((r) => ({
      name: `${databaseNamespace}/${r.secretName}`,
      at: roleAt(app, r, "secret"),
    })),
    // A role in the database's namespace is refused for that already.
    ...app.roles
      .filter((r) => hasSecret(r) && r.namespace !== databaseNamespace)
      .map((r) => ({
        name: `${r.namespace}/${r.secretName}`,
        at: roleAt(app, r, "secret"),
      })),
    ...listSecrets(app).map((s) => ({
      name: `${s.namespace}/${s.name}`,
      at: appAt(app, `secrets.${s.name}`),
    })),
  ];
}

/** Every database of an app, with the key path that names it. */
function databaseUses(app: AppSpec): Use[] {
  const { names } = app.database;
  const path = appAt(app, names.length > 1 ? "database.names" : "database.name");
  return [...new Set(names)].map((name) => ({ name, at: path }));
}

/** Every role of an app, with the key path that names it. */
function roleUses(app: AppSpec): Use[] {
  return app.roles.flatMap((role) => [
    { name: role.name, at: roleAt(app, role, "name") },
    ...(role.logins ?? []).map((name) => ({ name, at: roleAt(app, role, "logins") })),
  ]);
}

/** Every Secret under an entry's `secrets`, from 1Password and from Vault. */
function listSecrets(
  app: AppSpec,
): readonly { readonly name: string; readonly namespace: string }[] {
  return [...app.secrets, ...(app.vault?.secrets ?? [])];
}

/** Key path of an app's entry, or of a key in it. */
export function appAt({ name }: Pick<AppSpec, "name">, key?: string): string {
  return key === undefined ? `berth:apps.${name}` : `berth:apps.${name}.${key}`;
}

/** Key path of a role, or of a setting of it. */
export function roleAt(app: AppSpec, { key, reader }: RoleSpec, setting?: string): string {
  if (reader !== undefined) return `berth:apps.${reader.app}.roles.${reader.key}.reads`;
  const path = appAt(app, rolePath(key));
  return setting === undefined ? path : `${path}.${setting}`;
}
