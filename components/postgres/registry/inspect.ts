import { isRoleBeside } from "../../config/logins.ts";
import type { StackSpec } from "../../config/spec.ts";
import type { Credential } from "../../onepassword/credential.ts";
import { inspectAccess } from "../catalog/access.ts";
import {
  type Catalog,
  inspectCatalog,
  inspectRoles,
  inspectVerifiers,
} from "../catalog/catalog.ts";
import { inspectExtensions } from "../catalog/extensions.ts";
import { hasContents } from "../diff/contents.ts";
import { decideApp, mayEnter } from "../diff/decide-app.ts";
import type { DatabasePlan } from "../plan/plan.ts";
import { otherGroupsOf } from "../rules/roles/groups.ts";
import { findOtherServer, findServerProblems } from "../rules/server.ts";
import { type SessionTarget, withSession } from "../server/session.ts";
import { trySettings } from "../server/try-settings.ts";
import type { RefusedSetting } from "../statements/try-settings.ts";
import { inspectUnstatedGrants } from "./adoption.ts";
import { adoptsRoles, type RegistryFacts, type RegistryInside } from "./decide.ts";

interface Connection {
  readonly target: SessionTarget;
  readonly admin: Credential;
}

/**
 * Reads what exists of the apps. It must run before the registry's resources, because they adopt an existing
 * schema and change its owner. Throws node-postgres' own error if the server cannot be reached.
 */
export async function inspectRegistryServer(
  spec: StackSpec,
  plans: readonly DatabasePlan[],
  connection: Connection,
): Promise<RegistryFacts> {
  const { target, admin } = connection;
  const { ownershipRole } = spec.postgres;
  const toNames = (plan: DatabasePlan): readonly string[] => plan.roles.map(({ name }) => name);
  const roles = plans.flatMap(toNames);
  const groups = plans.flatMap((plan) => otherGroupsOf(plan, ownershipRole));
  const adopted = plans.filter((plan) => plan.adopt).flatMap(toNames);
  const facts = await withSession(target, admin, async (client) => {
    const catalog = await inspectCatalog(client, {
      roles: [ownershipRole, ...roles, ...groups],
      databases: plans.flatMap(({ database }) => [database.name, database.template ?? "template0"]),
    });
    const refusedSettings: RefusedSetting[] = [];
    for (const plan of plans) refusedSettings.push(...(await trySettings(client, plan)));
    if (adopted.length === 0) return { catalog, refusedSettings };
    const memberships = adopted.flatMap((name) => catalog.roles.get(name)?.memberships ?? []);
    const liveGroups = memberships.map(({ group }) => group);
    const found = new Map([...catalog.roles, ...(await inspectRoles(client, liveGroups))]);
    const stored = await inspectVerifiers(client, catalog.server, adopted);
    return { catalog: { ...catalog, roles: found }, refusedSettings, stored };
  });
  const { server } = facts.catalog;
  const isOther = findOtherServer(server, spec.postgres) !== undefined;
  if (isOther || findServerProblems(server, spec.postgres).length > 0) return facts;
  const insides = new Map<string, RegistryInside>();
  for (const plan of plans) {
    insides.set(plan.app, await inspectInside(plan, facts.catalog, spec, connection));
  }
  return { ...facts, insides };
}

async function inspectInside(
  plan: DatabasePlan,
  catalog: Catalog,
  { postgres, apps }: StackSpec,
  { target, admin }: Connection,
): Promise<RegistryInside> {
  const adopts = adoptsRoles(plan, catalog, postgres.ownershipRole);
  const context = { postgres, isToCome: isRoleBeside(plan.app, apps) };
  if (mayEnter(plan, catalog, decideApp(plan, { catalog }, context))) {
    if (!adopts && !hasContents(plan)) return {};
    const inside = { ...target, database: plan.database.name };
    return await withSession(inside, admin, async (client) => ({
      access: await inspectAccess(client, plan, []),
      grants: adopts ? await inspectUnstatedGrants(client, plan) : [],
    }));
  }
  if (plan.extensions.length === 0 || catalog.databases.has(plan.database.name)) return {};
  return {
    extensions: await withSession(target, admin, (client) => inspectExtensions(client, plan, true)),
  };
}
