import * as postgresql from "@pulumi/postgresql";
import * as pulumi from "@pulumi/pulumi";
import { isOffline, isTargeted } from "../../config/environment.ts";
import type { PostgresSpec } from "../../config/spec/postgres.ts";
import type { StackSpec } from "../../config/spec.ts";
import { BerthError } from "../../errors.ts";
import type { Credential } from "../../onepassword/credential.ts";
import { hasContents } from "../diff/contents.ts";
import type { PlannedApp } from "../plan-apps.ts";
import type { RegistryDatabaseArgs } from "./database.ts";
import { notInspected, type RegistryDecision } from "./decide.ts";
import { openServer } from "./open-server.ts";
import { createRegistryProvider } from "./provider.ts";

/** What the apps with the registry's resources share. */
export interface Registry extends Pick<RegistryDatabaseArgs, "after" | "exists" | "actingAdmin"> {
  readonly provider: postgresql.Provider;
}

/**
 * Checks the server, opens the local port for the registry's provider, and creates what its apps share. Nothing
 * is registered before the server is known to be the right one.
 *
 * @returns undefined = no app uses the registry's resources.
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
  // With --target the engine also imports resources without a target, without their parent, and breaks state.
  const exists: RegistryDecision["exists"] = isTargeted() ? () => false : decision.exists;
  const { actingAdmin } = decision;
  const provider = createRegistryProvider("postgresql", spec.postgres, admin);
  const after = createOwnershipRole(spec.postgres, exists("role", spec.postgres.ownershipRole), {
    provider,
  });
  return { provider, after, exists, actingAdmin };
}

/** All connections of a broken tunnel fail with the same message. It is shown once. */
function warnOnce(): (error: Error) => void {
  const shown = new Set<string>();
  return ({ message }) => {
    if (!shown.has(message)) void pulumi.log.warn(message);
    shown.add(message);
  };
}

/**
 * The ownership role, without login and without rights. A role becomes its member in the transaction that
 * creates it, so that Berth knows its own roles even after a killed run. Destroy keeps it, because the roles and
 * databases that stay on the server still need it.
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
