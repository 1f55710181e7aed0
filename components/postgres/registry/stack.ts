import * as postgresql from "@pulumi/postgresql";
import * as pulumi from "@pulumi/pulumi";
import { isOffline, isTargeted } from "../../config/environment.ts";
import type { PostgresSpec, StackSpec } from "../../config/spec.ts";
import { BerthError } from "../../errors.ts";
import type { Credential } from "../../onepassword/credential.ts";
import { hasContents } from "../diff/contents.ts";
import type { PlannedApp } from "../plan-apps.ts";
import { notInspected, type RegistryDecision } from "./decide.ts";
import { openServer } from "./open-server.ts";
import { createRegistryProvider } from "./provider.ts";

/** What the apps that use the registry's resources have in common. */
export interface Registry {
  readonly provider: postgresql.Provider;
  /** The role whose members are managed; made before any of them. */
  readonly after: pulumi.Resource;
  /** Whether a role or database is there and is to be imported. */
  readonly exists: RegistryDecision["exists"];
  readonly actingAdmin: RegistryDecision["actingAdmin"];
}

/**
 * Looks at the server, opens the port that the registry's provider connects to and makes what its apps
 * share. Nothing is registered before the server is known to be the right one.
 *
 * @returns undefined where no app uses it: then none of that is needed.
 */
export async function openRegistry(
  spec: StackSpec,
  planned: readonly PlannedApp[],
  admin: Credential,
): Promise<Registry | undefined> {
  const apps = planned.filter(({ app }) => app.provisioner === "postgresql");
  if (apps.length === 0) return undefined;
  const verifiers = new Map(
    await Promise.all(
      apps.map(async ({ app, verifiers: made }) => [app.name, await made] as const),
    ),
  );
  const plans = apps.map(({ plan }) => plan);
  const isPreview = pulumi.runtime.isDryRun();
  if (isOffline() && !isPreview && plans.some(hasContents)) {
    throw new BerthError(
      "BERTH_OFFLINE=true: with provisioner postgresql, schemas and extensions are not made without looking whose they are",
      { hint: "unset BERTH_OFFLINE for pulumi up" },
    );
  }
  const decision = isOffline()
    ? notInspected
    : await openServer(spec, plans, { admin, isPreview, verifiers, onError: warnOnce() });
  for (const warning of decision.warnings) void pulumi.log.warn(warning);
  // The engine imports what is no target as well, without its parent, and breaks the state by that.
  const exists: RegistryDecision["exists"] = isTargeted() ? () => false : decision.exists;
  const { actingAdmin } = decision;
  const provider = createRegistryProvider("postgresql", spec.postgres, admin);
  const after = createOwnershipRole(spec.postgres, exists("role", spec.postgres.ownershipRole), {
    provider,
  });
  return { provider, after, exists, actingAdmin };
}

/** A tunnel that breaks fails all of its connections, and each of them with the same words. */
function warnOnce(): (error: Error) => void {
  const told = new Set<string>();
  return ({ message }) => {
    if (!told.has(message)) void pulumi.log.warn(message);
    told.add(message);
  };
}

/**
 * The ownership role: without login and without rights. A role becomes its member in the transaction
 * that creates it, so that a run killed at any moment can tell what it made from what others made.
 * It is kept on destroy, since the roles and databases that are kept then still need their mark.
 */
export function createOwnershipRole(
  postgres: PostgresSpec,
  exists: boolean,
  opts: pulumi.CustomResourceOptions,
): postgresql.Role {
  return new postgresql.Role(
    "marker",
    {
      name: postgres.ownershipRole,
      login: false,
      roles: [],
      searchPaths: [],
      skipReassignOwned: true,
    },
    { ...opts, retainOnDelete: true, ...(exists ? { import: postgres.ownershipRole } : {}) },
  );
}
