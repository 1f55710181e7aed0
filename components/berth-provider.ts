import * as pulumi from "@pulumi/pulumi";
import { managesVault } from "./config/plugins.ts";
import type { StackIdentity } from "./config/spec/postgres.ts";
import type { StackSpec } from "./config/spec.ts";
import { BerthError } from "./errors.ts";

/** Inputs of {@link BerthProvider}. A change of any of them replaces no resource. */
export interface BerthProviderArgs {
  /** The stack that it works for. Needed only for AppDatabases. */
  readonly stack?: StackIdentity | undefined;
  /** The server of the AppDatabases, from `toProviderPostgres`. Needed only for them. */
  readonly postgres?: pulumi.Inputs;
  /** Databases and roles of each app in the program, as JSON from `toProviderApps`. */
  readonly places?: string;
  /** Those of them whose database and roles are dropped when they leave the program. */
  readonly reclaim?: pulumi.Inputs;
  /** The way to Vault, from `toVaultPlace`. Needed only for VaultConnections. */
  readonly vault?: pulumi.Inputs;
}

/**
 * Berth's own provider. The program must create it: a default provider would get the stack's whole `berth:`
 * configuration, because the project and the package have the same name.
 */
export class BerthProvider extends pulumi.ProviderResource {
  constructor(name: string, args: BerthProviderArgs = {}, opts?: pulumi.ResourceOptions) {
    super("berth", name, { ...args }, opts);
  }

  /**
   * Tells the provider about this run, before anything else is registered. An engine that has compared files with state
   * before goes on with the provider that it started for that, from state. So the arguments alone do not reach it.
   *
   * A preview then goes on after what it refuses: call `requireNoneRefused` at the program's end.
   */
  async begin({ places }: { readonly places: string }): Promise<void> {
    const { urn } = this as unknown as Record<"urn", Resolved>;
    const run = { urn: await urn.promise(), places, collectRefused: pulumi.runtime.isDryRun() };
    await pulumi.runtime.invoke("berth:postgres:beginRun", run, { provider: this });
  }

  /**
   * Fails a preview that refused something. Each refusal was reported by then, and the preview shows what it would do
   * about everything else.
   *
   * @param registered Settle when all that may be refused is registered.
   */
  async requireNoneRefused(registered: readonly pulumi.Output<unknown>[]): Promise<void> {
    if (!pulumi.runtime.isDryRun() || registered.length === 0) return;
    await Promise.all(registered.map((one) => (one as unknown as Resolved).promise()));
    const { names } = (await pulumi.runtime.invoke(
      "berth:postgres:getRefused",
      {},
      { provider: this },
    )) as { readonly names: readonly string[] };
    if (names.length === 0) return;
    throw new BerthError(`Berth refuses ${names.join(", ")}`, {
      hint: "see the error of each; until all are fixed, pulumi up changes nothing",
    });
  }

  /**
   * Adds what only the provider reads from state: the stack's identity and its ownership role on the server.
   * Returns the stack unchanged if only the provider needs them.
   */
  async complete(spec: StackSpec): Promise<StackSpec> {
    const isAlone =
      spec.vaultFor !== undefined ||
      (spec.cluster === undefined &&
        !managesVault(spec) &&
        spec.apps.every((app) => app.provisioner === "berth"));
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

/** An output with its value at run time. `apply` would wait for ever for a value that a preview does not know. */
interface Resolved {
  readonly promise: () => Promise<unknown>;
}
