import * as pulumi from "@pulumi/pulumi";
import { isTargeted } from "./config/environment.ts";
import type { AppSpec, PostgresSpec } from "./config/spec.ts";
import { deliver } from "./delivery/deliver.ts";
import { type DeliveryPlan, describePlan } from "./delivery/stack-delivery.ts";
import { AppDatabase, type AppDatabaseArgs } from "./postgres/app-database.ts";
import type { PlannedApp } from "./postgres/plan-apps.ts";
import { RegistryDatabase, type RegistryDatabaseArgs } from "./postgres/registry/database.ts";
import type { Registry } from "./postgres/registry/stack.ts";

/** What one app is made of. */
export interface AppArgs {
  readonly app: AppSpec;
  /** undefined = a Job among the manifests provisions it. */
  readonly database: AppDatabaseArgs | RegistryDatabaseArgs | undefined;
  /** The app's manifests; undefined when the stack writes none. */
  readonly delivery: DeliveryPlan | undefined;
}

/** What an app's database is made from, by who provisions it. */
export function toDatabaseArgs(
  { app, plan }: PlannedApp,
  verifiers: ReadonlyMap<string, string>,
  { ownershipRole }: PostgresSpec,
  registry: Registry | undefined,
): AppArgs["database"] {
  switch (app.provisioner) {
    case "berth": {
      // With --target a resource must not depend on one that is not targeted.
      const after = isTargeted() ? undefined : registry?.after;
      const { reclaimPolicy, database } = app;
      return { plan, verifiers, ownershipRole, reclaimPolicy, recreate: database.recreate, after };
    }
    case "postgresql":
      return registry && { plan, verifiers, ...registry };
    case "job":
      return undefined;
  }
}

/**
 * One app: its place on Postgres, then the manifests that bring it up. The manifests wait for the
 * database, so that Argo CD never starts an app that cannot log in.
 */
export class App {
  /** The app's name, as in the stack file. */
  readonly name: string;
  /**
   * What stands for the app's place on Postgres; once it is there, the server is the right one.
   * undefined = a Job finds out.
   */
  readonly database: pulumi.Resource | undefined;
  /** Database, roles and Secrets, for the stack's outputs. Holds nothing secret. */
  readonly summary: pulumi.Output<AppSummary>;

  constructor(name: string, args: AppArgs, providers: AppProviders) {
    this.name = name;
    // Where earlier versions had what is now the stack's own.
    const urn = `urn:pulumi:${pulumi.getStack()}::${pulumi.getProject()}::berth:index:App::${name}`;
    const opts = { aliases: [{ parent: urn }], providers: { ...providers } };
    const found = args.database && createDatabase(name, args.database, opts);
    this.database = found?.resource;
    if (args.delivery !== undefined) {
      const dependsOn = found === undefined ? [] : [found.resource];
      deliver(name, args.delivery, { ...opts, dependsOn });
    }
    const databaseName = found?.databaseName ?? pulumi.output(args.app.database.name);
    this.summary = databaseName.apply((database) => summarize(args, database));
  }
}

/** By package; `berth` is always among them. */
export type AppProviders = Readonly<Record<string, pulumi.ProviderResource>> & {
  readonly berth: pulumi.ProviderResource;
};

/** All provisioners end in the same catalog; an app may change from one to another. */
function createDatabase(
  name: string,
  args: NonNullable<AppArgs["database"]>,
  { aliases, providers }: { readonly aliases: pulumi.Alias[]; readonly providers: AppProviders },
): { resource: pulumi.Resource; databaseName: pulumi.Output<string> } {
  if ("exists" in args) {
    const stock = new RegistryDatabase(name, args, { aliases, providers: { ...providers } });
    return { resource: stock, databaseName: stock.database };
  }
  const { after } = args;
  const own = new AppDatabase(name, args, {
    aliases,
    provider: providers.berth,
    ...(after === undefined ? {} : { dependsOn: [after] }),
  });
  return { resource: own, databaseName: own.database.apply((database) => database.name) };
}

/** What the operator needs to know of an app once it is up. */
export interface AppSummary {
  readonly database: string;
  readonly roles: readonly {
    readonly name: string;
    readonly profile: string;
    readonly secret: string;
  }[];
  readonly manifests: readonly string[];
}

function summarize({ app, delivery }: AppArgs, database: string): AppSummary {
  return {
    database,
    roles: app.roles.map((role) => ({
      name: role.name,
      profile: role.profile,
      secret: `${role.namespace}/${role.secretName}`,
    })),
    manifests: delivery === undefined ? [] : describePlan(delivery),
  };
}
