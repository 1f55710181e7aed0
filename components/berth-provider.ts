import * as pulumi from "@pulumi/pulumi";
import type { StackIdentity, StackSpec } from "./config/spec.ts";

/** What {@link BerthProvider} is given. Changing any of it replaces nothing. */
export interface BerthProviderArgs {
  /** Which stack it works for, if it makes AppDatabases. */
  readonly stack?: StackIdentity | undefined;
  /** The server that AppDatabases are made on, from `toProviderPostgres`; needed only for those. */
  readonly postgres?: pulumi.Inputs;
  /** What each app of the program has on the server, as JSON from `toProviderApps`; state does not keep it. */
  readonly places?: string;
  /** Those of them whose database and roles go when they leave. */
  readonly reclaim?: pulumi.Inputs;
}

/**
 * Berth's own provider, made by hand: the default one would be given the whole `berth:`
 * configuration of the stack, because the project and the package share their name.
 */
export class BerthProvider extends pulumi.ProviderResource {
  constructor(name: string, args: BerthProviderArgs = {}, opts?: pulumi.ResourceOptions) {
    super("berth", name, { ...args }, opts);
  }

  /**
   * The stack with what its state knows of it, which the provider alone sees. Where only the provider writes,
   * nobody else needs it.
   */
  async complete(spec: StackSpec): Promise<StackSpec> {
    const isAlone =
      spec.cluster === undefined && spec.apps.every((app) => app.provisioner === "berth");
    if (isAlone) return spec;
    const { stack, postgres } = this as unknown as Record<"stack" | "postgres", Resolved>;
    const identity = (await stack.promise()) as StackIdentity | undefined;
    const server = (await postgres.promise()) as { ownershipRole?: string } | undefined;
    const ownershipRole = server?.ownershipRole ?? spec.postgres.ownershipRole;
    return {
      ...spec,
      postgres: { ...spec.postgres, stack: identity ?? spec.postgres.stack, ownershipRole },
    };
  }
}

/** An output as it is at run time; `apply` would wait for ever for one that a preview does not know. */
interface Resolved {
  readonly promise: () => Promise<unknown>;
}
