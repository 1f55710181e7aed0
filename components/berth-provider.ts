import * as pulumi from "@pulumi/pulumi";
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
  /** A preview goes on after an app that it refuses. Then call `requireNoneRefused` at the program's end. */
  readonly collectRefused?: boolean;
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
   * Fails a preview that refused an app. Each such app has reported its own error by then, and the preview shows
   * what it would do about all others.
   *
   * @param resources All that may be refused.
   */
  async requireNoneRefused(resources: readonly pulumi.Resource[]): Promise<void> {
    if (!pulumi.runtime.isDryRun() || resources.length === 0) return;
    await Promise.all(resources.map(({ urn }) => (urn as unknown as Resolved).promise()));
    const { apps } = (await pulumi.runtime.invoke(
      "berth:postgres:getRefusedApps",
      {},
      { provider: this },
    )) as { readonly apps: readonly string[] };
    if (apps.length === 0) return;
    const names = apps.join(", ");
    throw new BerthError(`not possible as it is: ${apps.length === 1 ? "app" : "apps"} ${names}`, {
      hint: "see the error of each; pulumi up changes nothing before they are right",
    });
  }

  /**
   * Adds what only the provider reads from state: the stack's identity and its ownership role on the server.
   * Returns the stack unchanged if only the provider needs them.
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

/** An output with its value at run time. `apply` would wait for ever for a value that a preview does not know. */
interface Resolved {
  readonly promise: () => Promise<unknown>;
}
