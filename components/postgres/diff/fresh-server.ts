import type { PostgresSpec } from "../../config/spec/postgres.ts";
import type { Catalog, ServerFacts } from "../catalog/catalog.ts";
import type { DatabasePlan } from "../plan/plan.ts";
import { type Action, isAboutOwnershipRole } from "../statements/actions.ts";
import { decideApp, listActions } from "./decide-app.ts";

/**
 * Actions that bring an empty server to the stack's plans, app by app. The decisions are those for a live
 * server. The server is an empty Postgres 16 or newer, whose admin has CREATEROLE, CREATEDB
 * and REPLICATION.
 */
export function decideFreshServer(
  plans: readonly DatabasePlan[],
  { ownershipRole, stack }: Pick<PostgresSpec, "ownershipRole" | "stack">,
): readonly (readonly Action[])[] {
  const catalog: Catalog = { server: freshServer, roles: new Map(), databases: new Map() };
  const postgres = {
    ownershipRole,
    stack,
    reserved: [],
    maintenanceDatabase: "",
    confirmDelete: [],
  };
  return plans.map((plan, index) => {
    // Of two logins the first one is used first.
    const first = plan.roles.find(({ setRole }) => setRole !== undefined);
    const verifiers = new Map(first === undefined ? [] : [[first.key, ""]]);
    const actions = listActions(decideApp(plan, { catalog }, { postgres, verifiers }));
    // All apps share the ownership role, so only the first app creates it.
    return actions.filter((action) => !isAboutOwnershipRole(action) || index === 0);
  });
}

const freshServer: ServerFacts = {
  systemIdentifier: "",
  versionNumber: 160_000,
  isStandby: false,
  encoding: "UTF8",
  admin: "",
  isSuperuser: false,
  canCreateRole: true,
  canCreateDatabase: true,
  canReplicate: true,
  bypassesRls: false,
};
