import type { Policies, ReportViolation, ResourceValidationPolicy } from "@pulumi/policy";
import { givesSuperuserRights } from "../components/config/rules/memberships.ts";
import { DnsLabel, PgName } from "../components/config/schema/primitives.ts";
import type { AppDatabaseState } from "../components/postgres/plan/app-properties.ts";
import { withDefaults } from "../components/postgres/plan/defaults.ts";
import { toTerminalText } from "../components/terminal-text.ts";
import { findStrayAdminSecrets } from "./admin-secret.ts";
import { describeObject, listValues, type Registered, toObjects } from "./objects.ts";

/**
 * What every resource of a stack must keep to. Berth's own program keeps to most of it by itself; the pack also
 * holds for a stack's own settings, for resources that a program of one's own adds, and for a later Berth.
 */

/** A rule about one resource. Says each thing that is wrong. */
type Rule = (resource: Registered, report: (message: string) => void) => void;

function toPolicy(name: string, description: string, rule: Rule): ResourceValidationPolicy {
  const validateResource = ({ type, props }: Registered, report: ReportViolation): void => {
    rule({ type, props }, toFit(report));
  };
  return { name, description, validateResource };
}

/** Pulumi prints a message as it is, and names in it may be anybody's. */
function toFit(report: ReportViolation): ReportViolation {
  return (message, urn) => {
    report(toTerminalText(message), urn);
  };
}

/** The properties of an app's database; undefined = it is another resource. */
function toDatabase({ type, props }: Registered): AppDatabaseState | undefined {
  return type === "berth:postgres:AppDatabase"
    ? (withDefaults(props) as unknown as AppDatabaseState)
    : undefined;
}

/** Attributes of a role of `@pulumi/postgresql` with which it can read or change what is not its own. */
const powers = [
  "superuser",
  "createRole",
  "createDatabase",
  "replication",
  "bypassRowLevelSecurity",
] as const;

const noSuperuser: Rule = (resource, report) => {
  for (const { name, memberOf } of Object.values(toDatabase(resource)?.roles ?? {})) {
    for (const group of memberOf.filter(givesSuperuserRights)) {
      report(
        `role ${name} is a member of ${group}, which has the rights of a superuser; remove it from memberOf`,
      );
    }
  }
  const { type, props } = resource;
  if (type !== "postgresql:index/role:Role") return;
  for (const power of powers.filter((one) => props[one] === true)) {
    report(`role ${String(props["name"])} has ${power}; remove it`);
  }
};

const publicRevoked: Rule = (resource, report) => {
  const database = toDatabase(resource)?.database;
  if (database?.revokePublic === false) {
    report(`database ${database.name} is open to PUBLIC; set revokePublic to true`);
  }
  const { type, props } = resource;
  const { privileges, role, database: name } = props;
  const isGrant = type === "postgresql:index/grant:Grant" && role === "public";
  if (isGrant && Array.isArray(privileges) && privileges.length > 0) {
    report(
      `PUBLIC gets ${privileges.join(", ")} on database ${String(name)}; grant it to the roles that need it`,
    );
  }
};

const namesWithinLimits: Rule = (resource, report) => {
  for (const [what, name] of listPostgresNames(resource)) {
    for (const { message } of PgName.safeParse(name).error?.issues ?? []) {
      report(`${what} "${name}" ${message}`);
    }
  }
  for (const object of toObjects(resource)) {
    const { name = "", namespace, labels = {} } = object.metadata ?? {};
    if (name.length > 253)
      report(`${describeObject(object)} has a name of more than 253 characters`);
    if (namespace !== undefined && !DnsLabel.safeParse(namespace).success) {
      report(
        `${describeObject(object)} has a namespace that is not a name of at most 63 characters`,
      );
    }
    for (const [label, value] of Object.entries(labels)) {
      if (value.length > 63)
        report(`${describeObject(object)} has a label ${label} of more than 63 characters`);
    }
  }
};

function listPostgresNames(resource: Registered): readonly (readonly [string, string])[] {
  const app = toDatabase(resource);
  if (app !== undefined) {
    return [
      ["database", app.database.name],
      ...Object.values(app.roles).map(({ name }) => ["role", name] as const),
      ...app.schemas.map((name) => ["schema", name] as const),
    ];
  }
  const [, kind] = /^postgresql:index\/(role|database|schema):/.exec(resource.type) ?? [];
  const { name } = resource.props;
  return kind === undefined || typeof name !== "string" ? [] : [[kind, name]];
}

const connectionLimits: Rule = (resource, report) => {
  const app = toDatabase(resource);
  if (app === undefined || app.database.connectionLimit >= 0) return;
  const open = Object.values(app.roles).filter(({ connectionLimit }) => connectionLimit < 0);
  if (open.length === 0) return;
  const names = open.map(({ name }) => name).join(", ");
  report(
    `app ${app.app} may use every connection of the server: neither database ${app.database.name} nor ${names} has a limit; set database.connectionLimit`,
  );
};

const noPlaintextSecret: Rule = (resource, report) => {
  for (const object of toObjects(resource)) {
    const { kind, data, stringData } = object;
    const keys = listValues([data, stringData]).flatMap(Object.keys);
    if (kind === "Secret" && keys.length > 0) {
      report(`${describeObject(object)} holds ${keys.join(", ")} in clear; take it from 1Password`);
    }
    for (const { name, value } of listValues(object)) {
      if (typeof name !== "string" || typeof value !== "string" || value === "") continue;
      if (!/^[A-Z0-9_]*(?:PASSWORD|PASSWD|TOKEN|SECRET|SECRET_KEY|API_KEY)$/.test(name)) continue;
      report(
        `${describeObject(object)} has the value of ${name} in clear; use valueFrom.secretKeyRef`,
      );
    }
    const text = JSON.stringify(object);
    if (/:\/\/[^\s:/@"]+:(?![{$])[^\s:/@"]+@/.test(text)) {
      report(`${describeObject(object)} has a URL with a password; use a key of a Secret`);
    }
    if (text.includes("PRIVATE KEY-----")) {
      report(`${describeObject(object)} holds a private key; take it from 1Password`);
    }
  }
};

const databasesKept: Rule = (resource, report) => {
  const app = toDatabase(resource);
  if (app?.reclaimPolicy === "delete") {
    report(
      `database ${app.database.name} is dropped when app ${app.app} leaves the stack; set reclaimPolicy to retain`,
    );
  }
};

/** The policies of the pack, by the names that `--policy-pack-config` knows. */
export const policies: Policies = [
  toPolicy(
    "no-superuser",
    "No role of an app has the rights of a superuser, or may make roles or databases.",
    noSuperuser,
  ),
  toPolicy("public-revoked", "PUBLIC has no access to a database of an app.", publicRevoked),
  toPolicy(
    "names-within-limits",
    "No name is longer than Postgres or Kubernetes takes.",
    namesWithinLimits,
  ),
  {
    ...toPolicy(
      "connection-limits-set",
      "The database of an app, or each of its roles, has a connection limit.",
      connectionLimits,
    ),
    enforcementLevel: "advisory",
  },
  {
    name: "admin-secret-at-the-database",
    description: "The admin role's Secret is only in the database's namespace.",
    validateStack: ({ resources }, report) => {
      const say = toFit(report);
      for (const { urn, message } of findStrayAdminSecrets(resources)) say(message, urn);
    },
  },
  toPolicy(
    "no-plaintext-secret",
    "No manifest holds a password, a token or another secret value.",
    noPlaintextSecret,
  ),
  toPolicy(
    "databases-kept",
    "The database of an app stays on the server when the app leaves the stack.",
    databasesKept,
  ),
];
