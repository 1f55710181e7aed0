import * as pulumi from "@pulumi/pulumi";
import { isTargeted } from "./config/environment.ts";
import { hasSecret } from "./config/logins.ts";
import type { PostgresSpec } from "./config/spec/postgres.ts";
import type { AppSpec } from "./config/spec.ts";
import { deliver } from "./delivery/deliver.ts";
import { type DeliveryPlan, describePlan } from "./delivery/stack-delivery.ts";
import { AppDatabase, type AppDatabaseArgs } from "./postgres/app-database.ts";
import type { PlannedApp } from "./postgres/plan-apps.ts";
import { RegistryDatabase, type RegistryDatabaseArgs } from "./postgres/registry/database.ts";
import type { Registry } from "./postgres/registry/stack.ts";
import { VaultGrant } from "./postgres/vault-grant.ts";

export interface AppArgs {
  readonly app: AppSpec;
  /** undefined = a Job creates the database. */
  readonly database: AppDatabaseArgs | RegistryDatabaseArgs | undefined;
  /** The app's other databases; undefined = none. */
  readonly further?: readonly AppDatabaseArgs[];
  /** The app's manifests; undefined = the stack has none. */
  readonly delivery: DeliveryPlan | undefined;
  /** What makes roles that the app's roles are members of. */
  readonly after?: readonly pulumi.Resource[];
  /** Vault's own login to Postgres; undefined = Berth makes nothing inside Vault. */
  readonly vaultLogin?: string | undefined;
}

/** Arguments of the resources of an app's databases, by the app's provisioner. */
export function toDatabaseArgs(
  { app, plan, further }: PlannedApp,
  verifiers: ReadonlyMap<string, string>,
  { ownershipRole }: PostgresSpec,
  registry: Registry | undefined,
): Pick<AppArgs, "database" | "further"> {
  switch (app.provisioner) {
    case "berth": {
      // With --target a resource must not depend on one that is not targeted.
      const after = isTargeted() ? undefined : registry?.after;
      const { reclaimPolicy, database } = app;
      const shared = { ownershipRole, reclaimPolicy, recreate: database.recreate, after };
      return {
        database: { plan, verifiers, ...shared },
        further: further.map((one) => ({ plan: one, verifiers: new Map(), ...shared })),
      };
    }
    case "postgresql":
      return { database: registry && { plan, verifiers, ...registry } };
    case "job":
      return { database: undefined };
  }
}

/**
 * One app: its database, then the manifests that start it. The manifests depend on the database, so
 * Argo CD never starts an app that cannot log in.
 */
export class App {
  /** The app's name, as in the stack file. */
  readonly name: string;
  /**
   * Resource of the database and its roles. It is created only after the server's identity is checked. undefined
   * = a Job creates the database and does that check.
   */
  readonly database: pulumi.Resource | undefined;
  /** That one and those of the app's other databases. */
  readonly databases: readonly pulumi.Resource[];
  /** What makes the app's roles: the database, or the manifests with the Job. */
  readonly roles: pulumi.Resource | undefined;
  /** What Vault needs before it makes logins of the app; empty = it makes none. */
  readonly granted: readonly pulumi.Resource[];
  /** Names of database, roles and Secrets, for the stack's outputs. Nothing in it is secret. */
  readonly summary: pulumi.Output<AppSummary>;
  /** Settles when the app's manifests are written. */
  readonly delivered: pulumi.Output<unknown>;
  /** The databases and what has the manifests. */
  readonly resources: readonly pulumi.Resource[];

  constructor(name: string, args: AppArgs, providers: AppProviders) {
    this.name = name;
    // Earlier versions had the app's resources under a component; now the stack is their parent.
    const urn = `urn:pulumi:${pulumi.getStack()}::${pulumi.getProject()}::berth:index:App::${name}`;
    const opts = { aliases: [{ parent: urn }], providers: { ...providers } };
    // With --target a resource must not depend on one that is not targeted.
    const after = isTargeted() ? [] : [...(args.after ?? [])];
    const found = args.database && createDatabase(name, args.database, { ...opts, after });
    this.database = found?.resource;
    const further = (args.further ?? []).map((one) => {
      const dependsOn = found === undefined || isTargeted() ? [] : [found.resource];
      return new AppDatabase(one, { provider: providers.berth, dependsOn });
    });
    this.databases = found === undefined ? [] : [found.resource, ...further];
    const dependsOn = found === undefined ? after : [...this.databases];
    this.granted = createGrant(name, args, { provider: providers.berth, dependsOn });
    const delivery = args.delivery && deliver(name, args.delivery, { ...opts, dependsOn });
    this.roles = this.database ?? delivery;
    this.delivered = delivery?.written ?? pulumi.output(undefined);
    this.resources = [
      ...this.databases,
      ...this.granted,
      ...(delivery === undefined ? [] : [delivery]),
    ];
    const databaseName = found?.databaseName ?? pulumi.output(args.app.database.name);
    this.summary = databaseName.apply((database) => summarize(args, database));
  }
}

export type AppProviders = Readonly<Record<string, pulumi.ProviderResource>> & {
  readonly berth: pulumi.ProviderResource;
};

/** Both provisioners create the same roles and grants, so an app may change from one to the other. */
function createDatabase(
  name: string,
  args: NonNullable<AppArgs["database"]>,
  {
    aliases,
    providers,
    after: first,
  }: {
    readonly aliases: pulumi.Alias[];
    readonly providers: AppProviders;
    readonly after: readonly pulumi.Resource[];
  },
): { resource: pulumi.Resource; databaseName: pulumi.Output<string> } {
  if ("exists" in args) {
    const opts = { aliases, providers: { ...providers }, dependsOn: [...first] };
    const stock = new RegistryDatabase(name, args, opts);
    return { resource: stock, databaseName: stock.database };
  }
  const dependsOn = [...first, ...(args.after === undefined ? [] : [args.after])];
  const own = new AppDatabase(args, { aliases, provider: providers.berth, dependsOn });
  return { resource: own, databaseName: own.database.apply((database) => database.name) };
}

/** Vault's login makes logins that are members of the owner role. */
function createGrant(
  name: string,
  { app, vaultLogin: login }: AppArgs,
  opts: pulumi.CustomResourceOptions,
): readonly pulumi.Resource[] {
  if (login === undefined || app.vault?.login === undefined) return [];
  return [new VaultGrant(name, { app: name, login, owner: app.roles[0].name }, opts)];
}

/** What an operator needs to know about an app after `pulumi up`. */
export interface AppSummary {
  readonly database: string;
  /** The app's other databases; undefined = none. */
  readonly furtherDatabases?: readonly string[];
  readonly roles: readonly {
    readonly name: string;
    readonly profile: string;
    /** undefined = the role has no password. */
    readonly secret?: string;
  }[];
  readonly manifests: readonly string[];
}

function summarize({ app, delivery }: AppArgs, database: string): AppSummary {
  const further = app.database.names.slice(1);
  return {
    database,
    ...(further.length === 0 ? {} : { furtherDatabases: further }),
    roles: app.roles.map((role) => ({
      name: role.name,
      profile: role.profile,
      ...(hasSecret(role) ? { secret: `${role.namespace}/${role.secretName}` } : {}),
    })),
    manifests: delivery === undefined ? [] : describePlan(delivery),
  };
}
