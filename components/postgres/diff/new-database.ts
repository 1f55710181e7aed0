import { type LiveInside, noAccess } from "../catalog/access.ts";
import type { Catalog, ServerFacts } from "../catalog/catalog.ts";
import type { LiveExtension } from "../catalog/extensions.ts";
import type { DatabasePlan, PlannedRole } from "../plan/plan.ts";
import type { Action } from "../statements/actions.ts";
import { type AccessDecision, decideAccess } from "./access.ts";
import { asTheyAre, decideRoles } from "./roles.ts";

/**
 * Making a database that is not there, and the access to it. Pure.
 *
 * @param extensions What the server could make of those that are asked for; of one that is not among
 * them it is taken that it can be made.
 */
export function decideNewDatabase(
  plan: DatabasePlan,
  server: ServerFacts,
  extensions: readonly LiveExtension[] = [],
): AccessDecision {
  const { database } = plan;
  const create = { kind: "create-database", path: "database", database } as const;
  const inside = toNewInside(plan, server);
  const access = decideAccess(plan, { ...inside, access: { ...inside.access, extensions } }, []);
  return { ...access, actions: [create, ...access.actions] };
}

/**
 * What brings a server that holds nothing of the stack to its plans, app by app: the same decisions as
 * those about a live server, about an empty one of Postgres 16 or newer, whose admin role has CREATEROLE
 * and CREATEDB.
 */
export function decideFreshServer(
  plans: readonly DatabasePlan[],
  ownershipRole: string,
): readonly (readonly Action[])[] {
  const catalog: Catalog = { server: freshServer, roles: new Map(), databases: new Map() };
  // Of two logins that take turns the first one begins.
  const firsts = new Set(
    plans.flatMap(({ roles }) => roles.find(({ actsAs }) => actsAs !== undefined) ?? []),
  );
  const hasPassword = (role: PlannedRole): boolean => role.login === "always" || firsts.has(role);
  const context = { ...asTheyAre, ownershipRole, hasPassword };
  return plans.map((plan, index) => {
    const roles = decideRoles(plan, catalog, context);
    const { actions } = decideNewDatabase(plan, catalog.server);
    // All apps share the ownership role, so the first one makes it.
    return [
      ...roles.filter(({ kind }) => kind !== "create-ownership-role" || index === 0),
      ...actions,
    ];
  });
}

const freshServer: ServerFacts = {
  systemIdentifier: "",
  versionNumber: 160_000,
  isStandby: false,
  admin: "",
  isSuperuser: false,
  canCreateRole: true,
  canCreateDatabase: true,
};

/** What a database looks like at first. */
function toNewInside(plan: DatabasePlan, server: ServerFacts): LiveInside {
  const { name, owner, encoding, connectionLimit } = plan.database;
  const isOpen = server.versionNumber < 150_000;
  return {
    server,
    database: {
      name,
      owner,
      encoding,
      connectionLimit,
      allowsConnections: true,
      privileges: ["PUBLIC=CONNECT", "PUBLIC=TEMPORARY"],
    },
    access: {
      ...noAccess,
      objects: [
        {
          type: "schema",
          schema: "public",
          name: "public",
          owner: isOpen ? "postgres" : "pg_database_owner",
          privileges: ["public=USAGE", ...(isOpen ? ["public=CREATE"] : [])],
        },
      ],
    },
  };
}
