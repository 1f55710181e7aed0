import * as pulumi from "@pulumi/pulumi";

/** What {@link BerthProvider} is given. Changing any of it replaces nothing. */
export interface BerthProviderArgs {
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
}
