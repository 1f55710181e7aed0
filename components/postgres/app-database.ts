import * as pulumi from "@pulumi/pulumi";
import type { PostgresSpec, ReclaimPolicy } from "../config/spec.ts";
import type { Credential } from "../onepassword/credential.ts";
import { type AppDatabaseState, toState } from "./app-database-args.ts";
import type { DatabasePlan } from "./plan.ts";

/** What makes an app's `AppDatabase`. */
export interface AppDatabaseArgs {
  readonly plan: DatabasePlan;
  /** Verifier of each role, by the role's key. */
  readonly verifiers: ReadonlyMap<string, string>;
  readonly markerRole: string;
  readonly reclaimPolicy: ReclaimPolicy;
  /** Where stock resources make the marker role, it comes first; otherwise the provider makes it. */
  readonly marker: pulumi.Resource | undefined;
}

/**
 * One app's roles, database, grants and default privileges as one resource of Berth's own provider,
 * which opens the tunnel, applies only what is missing, and drops nothing when the app leaves.
 */
export class AppDatabase extends pulumi.CustomResource {
  /** The app's name. */
  declare readonly app: pulumi.Output<string>;
  /** As it is; differs from what was asked for only between a refresh and the next up. */
  declare readonly database: pulumi.Output<AppDatabaseState["database"]>;
  /** By key, without anything secret. */
  declare readonly roles: pulumi.Output<AppDatabaseState["roles"]>;

  constructor(name: string, args: AppDatabaseArgs, opts?: pulumi.CustomResourceOptions) {
    const verifiers = Object.fromEntries(
      [...args.verifiers].map(([key, verifier]) => [key, pulumi.secret(verifier)]),
    );
    const state = toState(args.plan, args.markerRole, args.reclaimPolicy);
    super("berth:postgres:AppDatabase", name, { ...state, verifiers }, opts);
  }
}

/** The provider's arguments for a stack's server. The password is a secret. */
export function toProviderPostgres(postgres: PostgresSpec, admin: Credential): pulumi.Inputs {
  const { endpoint, tls, maintenanceDatabase, systemIdentifier, reserved } = postgres;
  const { markerRole, connectionLimit } = postgres;
  return {
    endpoint,
    tls,
    maintenanceDatabase,
    systemIdentifier,
    reserved: [...reserved],
    markerRole,
    connectionLimit,
    adminItem: `${postgres.admin.vault}/${postgres.admin.item}`,
    username: admin.username,
    password: pulumi.secret(admin.revealPassword()),
  };
}
