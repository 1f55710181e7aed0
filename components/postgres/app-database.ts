import * as pulumi from "@pulumi/pulumi";
import { roleNamesOf } from "../config/logins.ts";
import { describeAdminItem, type PostgresSpec } from "../config/spec/postgres.ts";
import type { AppSpec, ReclaimPolicy } from "../config/spec.ts";
import type { Credential } from "../onepassword/credential.ts";
import type { AppDatabaseState } from "./plan/app-properties.ts";
import { toState } from "./plan/app-state.ts";
import { withoutDefaults } from "./plan/defaults.ts";
import { toPlace } from "./plan/place.ts";
import { type DatabasePlan, resourceName } from "./plan/plan.ts";

export interface AppDatabaseArgs {
  readonly plan: DatabasePlan;
  /** Verifier of each role, by the role's key; empty for a further database of an app. */
  readonly verifiers: ReadonlyMap<string, string>;
  readonly ownershipRole: string;
  readonly reclaimPolicy: ReclaimPolicy;
  /** Make a new, empty database where the one that was there is gone. */
  readonly recreate: boolean;
  /** Where stock resources make the ownership role, it comes first; otherwise the provider makes it. */
  readonly after: pulumi.Resource | undefined;
}

/**
 * One app's roles, database, grants and default privileges as one resource of Berth's own provider,
 * which opens the tunnel, applies only what is missing, and drops what it made only where the entry said
 * so and the stack file confirms it.
 */
export class AppDatabase extends pulumi.CustomResource {
  declare readonly app: pulumi.Output<string>;
  /** As it is; differs from what was asked for only between a refresh and the next up. */
  declare readonly database: pulumi.Output<AppDatabaseState["database"]>;
  /** By key, without anything secret. */
  declare readonly roles: pulumi.Output<AppDatabaseState["roles"]>;

  constructor(args: AppDatabaseArgs, opts?: pulumi.CustomResourceOptions) {
    const verifiers = Object.fromEntries(
      [...args.verifiers].map(([key, verifier]) => [key, pulumi.secret(verifier)]),
    );
    const state = withoutDefaults(toState(args.plan, args.ownershipRole, args.reclaimPolicy));
    const recreate = args.recreate ? { recreate: true } : {};
    const inputs = { ...state, ...recreate, verifiers };
    super("berth:postgres:AppDatabase", resourceName(args.plan), inputs, opts);
  }
}

/** The provider's arguments for a stack's server. The provider reads the admin's password by itself. */
export function toProviderPostgres(
  postgres: PostgresSpec,
  { username }: Pick<Credential, "username">,
): pulumi.Inputs {
  const { endpoint, tls, maintenanceDatabase, systemIdentifier, reserved } = postgres;
  const { ownershipRole, connectionLimit, confirmDelete, dumpDirectory } = postgres;
  return {
    endpoint,
    tls,
    maintenanceDatabase,
    systemIdentifier,
    reserved,
    ownershipRole,
    connectionLimit,
    compareInside: postgres.compareInside ? undefined : false,
    confirmDelete: confirmDelete.length === 0 ? undefined : confirmDelete,
    dumpDirectory,
    adminItem: describeAdminItem(postgres),
    username,
  };
}

/**
 * What each app has on the server, for the provider to notice one that leaves, and which of them take
 * it along (`reclaimPolicy: delete`). The first is JSON: of a value with thousands of parts SDK and engine look
 * at, and log, each part by itself, several times over.
 */
export function toProviderApps(apps: readonly AppSpec[]): {
  readonly places: string;
  readonly reclaim?: pulumi.Inputs;
} {
  const toPlaces = (some: readonly AppSpec[]) =>
    Object.fromEntries(
      some
        .toSorted((a, b) => (a.name < b.name ? -1 : 1))
        .map(({ name, database, roles }) => [
          name,
          toPlace(database.names, roleNamesOf({ roles })),
        ]),
    );
  const reclaimed = apps.filter((app) => app.reclaimPolicy === "delete");
  return {
    places: JSON.stringify(toPlaces(apps)),
    ...(reclaimed.length === 0 ? {} : { reclaim: toPlaces(reclaimed) }),
  };
}
