import { escapeIdentifier } from "pg";
import { roleNamesOf } from "../../../components/config/logins.ts";
import type { AppSpec, StackSpec } from "../../../components/config/spec.ts";
import { describeWhat } from "../../../components/errors.ts";
import type { Catalog } from "../../../components/postgres/catalog/catalog.ts";
import { findIdentityProblem } from "../../../components/postgres/rules/server.ts";
import { when, whenGiven } from "../../../components/when.ts";
import { withConnect } from "./matrix.ts";

export interface Warning {
  /** undefined = it is about the stack. */
  readonly app: string | undefined;
  readonly what: string;
  /** The statement or the edit that ends it. */
  readonly fix: string | undefined;
}

/** What is allowed but should be meant. Without `catalog` the server was not read. */
export function findWarnings(
  { postgres, apps }: StackSpec,
  catalog: Catalog | undefined,
): Warning[] {
  const identity = catalog && findIdentityProblem(catalog.server, postgres);
  const isUnpinned = catalog === undefined && postgres.systemIdentifier === undefined;
  return [
    ...whenGiven(identity, (it) => ({ app: undefined, what: describeWhat(it), fix: it.fix })),
    ...when(isUnpinned, {
      app: undefined,
      what: "the stack file does not say which server it is for",
      fix: "the first pulumi preview shows what to set as berth:postgres.systemIdentifier",
    }),
    ...when(postgres.tls.mode === "disable", {
      app: undefined,
      what: "Berth connects to Postgres without TLS",
      fix: "set berth:postgres.tls.mode to verify-full, or to require",
    }),
    ...apps.flatMap((app) => findAppWarnings(app)),
    ...(catalog === undefined ? [] : findOpenDatabases(apps, catalog)),
  ];
}

function findAppWarnings({ name, database, reclaimPolicy }: AppSpec): Warning[] {
  const { names } = database;
  const databases = `${names.length === 1 ? "database" : "databases"} ${names.join(", ")}`;
  return [
    ...when(!database.revokePublic, {
      app: name,
      what: `PUBLIC, so every role, may connect to ${databases}`,
      fix: `set berth:apps.${name}.database.revokePublic to true`,
    }),
    ...when(reclaimPolicy === "delete", {
      app: name,
      what: `if the app leaves, ${databases} can be dropped`,
      fix: `set berth:apps.${name}.reclaimPolicy to retain`,
    }),
  ];
}

/** Databases of others that PUBLIC may enter, and own ones that other roles may enter. */
function findOpenDatabases(apps: readonly AppSpec[], { databases }: Catalog): Warning[] {
  const own = new Map(
    apps.flatMap((app) => app.database.names.map((name) => [name, app] as const)),
  );
  return [...databases.values()].flatMap((database): Warning[] => {
    const { name, owner, privileges, allowsConnections } = database;
    if (!allowsConnections || ["postgres", "template1"].includes(name)) return [];
    const app = own.get(name);
    const grantees = withConnect(privileges);
    if (app === undefined) {
      if (!grantees.includes("PUBLIC")) return [];
      const what = `PUBLIC, so every app too, may connect to the neighbour's database ${name}; its owner ${owner} can revoke that`;
      return [{ app: undefined, what, fix: revokeConnect(name, "PUBLIC") }];
    }
    const wanted = new Set([...roleNamesOf(app), owner, "PUBLIC"]);
    return grantees
      .filter((grantee) => !wanted.has(grantee))
      .map((grantee) => ({
        app: app.name,
        what: `role ${grantee}, which is not in the entry, may connect to database ${name}`,
        fix: revokeConnect(name, escapeIdentifier(grantee)),
      }));
  });
}

function revokeConnect(database: string, grantee: string): string {
  return `REVOKE CONNECT ON DATABASE ${escapeIdentifier(database)} FROM ${grantee};`;
}
