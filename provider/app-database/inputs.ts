import { z } from "zod";
import { objectTypes } from "../../components/config/privileges.ts";
import { forbiddenGroupReason } from "../../components/config/rules/memberships.ts";
import { reservedReason } from "../../components/config/rules/names.ts";
import { PgName } from "../../components/config/schema/primitives.ts";
import {
  type AppDatabaseState,
  AppProperties,
  RoleProperties,
} from "../../components/postgres/plan/app-properties.ts";
import { withDefaults } from "../../components/postgres/plan/defaults.ts";
import type { FormerRole } from "../../components/postgres/plan/former-role.ts";
import { hasNoPassword, isFurther } from "../../components/postgres/plan/plan.ts";
import type { PostgresConfig } from "../../components/postgres/server/config.ts";
import { verifierForm } from "../../components/postgres/statements/sql.ts";
import {
  isPropertyMap,
  type PropertyMap,
  type PropertyValue,
  SecretValue,
  toPlain,
  UnknownValue,
} from "../rpc/property-values.ts";
import type { CheckFailure } from "../rpc/resource-handler.ts";

/** The inputs of an AppDatabase: its properties, and the verifiers, which are in no output. */
export interface AppDatabaseInputs {
  readonly state: AppDatabaseState;
  /** By the role's key. Secret. */
  readonly verifiers: ReadonlyMap<string, string>;
}

// NOTE: Postgres hashes a verifier that is not well-formed, as if it were a password. Then nobody could log in
// with the real one.
const Verifier = z.string().regex(new RegExp(`^${verifierForm}$`), {
  error: "is not a SCRAM-SHA-256 verifier",
});

const Inputs = AppProperties.extend({ verifiers: z.record(z.string(), Verifier) });

/**
 * The form in state: also what a stopped run left, and privileges that others granted and Berth would refuse.
 */
const Stored = z.object({
  ...AppProperties.shape,
  roles: z.record(
    z.string(),
    RoleProperties.extend({ grants: z.partialRecord(z.enum(objectTypes), z.array(z.string())) }),
  ),
  schemas: z.array(z.string()),
});

/**
 * All problems of a program's inputs, by path, without the server. The stack file was checked before. This
 * second check protects the neighbours: up to Postgres 15 nothing else keeps an admin with CREATEROLE from
 * changing other roles.
 */
export function findInputProblems(
  inputs: PropertyMap,
  config: PostgresConfig | undefined,
): readonly CheckFailure[] {
  const parsed = Inputs.safeParse(withDefaults(toPlain(inputs)));
  if (!parsed.success) {
    return parsed.error.issues.flatMap((issue) => {
      if (valueAt(inputs, issue.path) instanceof UnknownValue) return [];
      return [{ property: issue.path.map(String).join("."), reason: issue.message }];
    });
  }
  const { verifiers, ...state } = parsed.data;
  return [
    ...findRoleProblems(state, new Set(Object.keys(verifiers))),
    ...(config === undefined ? [] : findReserved(state, config)),
  ];
}

function findRoleProblems(state: AppDatabaseState, verifiers: ReadonlySet<string>): CheckFailure[] {
  const { roles, database } = state;
  const entries = Object.entries(roles);
  const names = entries.map(([, role]) => role.name);
  const problems: CheckFailure[] = [];
  const report = (property: string, reason: string): void => {
    problems.push({ property, reason });
  };
  if (roles["owner"]?.profile !== "owner") {
    report("roles.owner", 'is required, with profile "owner": it owns the database');
  }
  for (const [index, [key, role]] of entries.entries()) {
    const at = `roles.${key}`;
    const { setRole } = role;
    if (key !== "owner" && role.profile === "owner" && setRole === undefined) {
      report(`${at}.profile`, 'only the role "owner" owns the database');
    }
    if (setRole !== undefined && (key === "owner" || setRole !== roles["owner"]?.name)) {
      report(`${at}.setRole`, 'allowed is only the name of the role "owner", and not for that one');
    }
    const access = [role.grants, ...(role.scoped ?? []).map((one) => one.grants)];
    const hasGrants = access.some((one) => Object.values(one).some((list) => list.length > 0));
    if (role.profile === "owner" && hasGrants) {
      report(`${at}.grants`, "an owner needs none");
    }
    if (names.indexOf(role.name) !== index) report(`${at}.name`, `"${role.name}" is used twice`);
  }
  if (database.names?.includes(database.name) === false) {
    report("database.names", `does not have "${database.name}" itself`);
  }
  reportVerifiers(state, verifiers, report);
  return problems;
}

function reportVerifiers(
  { roles, database }: AppDatabaseState,
  verifiers: ReadonlySet<string>,
  report: (property: string, reason: string) => void,
): void {
  if (isFurther({ database })) {
    for (const key of verifiers) {
      report(`verifiers.${key}`, "is not allowed: the app's first database has the roles");
    }
    return;
  }
  const entries = Object.entries(roles);
  for (const [key, role] of entries) {
    if (role.login === undefined && !verifiers.has(key)) {
      report(`verifiers.${key}`, "is required");
    }
    if (hasNoPassword(role) && verifiers.has(key)) {
      report(`verifiers.${key}`, "is not allowed: the role has no password");
    }
  }
  const rotated = entries.filter(([, role]) => role.login === "rotated").map(([key]) => key);
  const known = rotated.filter((key) => verifiers.has(key));
  const hasLogins = entries.some(([, role]) => role.setRole !== undefined);
  if (known.length > 1 || (hasLogins && known.length === 0)) {
    report("verifiers", `of ${rotated.join(", ")} one and only one has a verifier`);
  }
  for (const key of verifiers) {
    if (roles[key] === undefined) report(`verifiers.${key}`, "there is no such role");
  }
}

function findReserved(state: AppDatabaseState, postgres: PostgresConfig): CheckFailure[] {
  const refuse = (property: string, name: string, rule = reservedReason): CheckFailure[] => {
    const isAdmin = name === postgres.username;
    const reason = isAdmin ? "is the admin role itself" : rule(name, { postgres });
    return reason === undefined ? [] : [{ property, reason: `"${name}" ${reason}` }];
  };
  return [
    ...refuse("database.name", state.database.name),
    ...Object.entries(state.roles).flatMap(([key, role]) => [
      ...refuse(`roles.${key}.name`, role.name),
      ...role.memberOf.flatMap((group) =>
        refuse(`roles.${key}.memberOf`, group, forbiddenGroupReason),
      ),
    ]),
  ];
}

function valueAt(value: PropertyValue, path: readonly PropertyKey[]): PropertyValue {
  let found: PropertyValue = value;
  for (const step of path) {
    if (found instanceof SecretValue) found = found.value;
    if (Array.isArray(found)) found = (found[Number(step)] as PropertyValue | undefined) ?? null;
    else if (isPropertyMap(found)) found = found[String(step)] ?? null;
    else return found;
  }
  return found;
}

/** The checked inputs; undefined = a value is not known yet, as in some previews. */
export function parseAppDatabase(inputs: PropertyMap): AppDatabaseInputs | undefined {
  const { data } = Inputs.safeParse(withDefaults(toPlain(inputs)));
  if (data === undefined) return undefined;
  const { verifiers, ...state } = data;
  return { state, verifiers: new Map(Object.entries(verifiers)) };
}

/** The properties in state; undefined = they are incomplete, as in an import. */
export function parseStored(properties: PropertyMap): AppDatabaseState | undefined {
  return Stored.safeParse(withDefaults(toPlain(properties))).data;
}

const Leaving = z.array(
  z.object({ key: z.string(), name: PgName, schemas: z.array(PgName).optional() }),
);

/** Roles that left the entry and that a stopped run has not dropped yet. */
export function parseLeaving(properties: PropertyMap): readonly FormerRole[] {
  return Leaving.safeParse(toPlain(properties["leaving"] ?? [])).data ?? [];
}

/** The properties that a refresh found to differ. An earlier version wrote `path: text` to state. */
export function toDriftPaths({ drift }: PropertyMap): string[] {
  const paths = z.array(z.string()).safeParse(drift).data ?? [];
  return paths.map((path) => path.replace(/:.*/s, "")).filter((path) => path !== "");
}

export function withoutVerifiers(inputs: PropertyMap): PropertyMap {
  const { verifiers: _, ...others } = inputs;
  return others;
}
