import * as pulumi from "@pulumi/pulumi";
import type { VaultData } from "./objects.ts";

/** What a {@link VaultConnection} is made from. Nothing in it is secret. */
export interface VaultConnectionArgs {
  readonly app: string;
  /** As in `VaultObject`: `postgres/config/wiki`. */
  readonly path: string;
  /** Without the password. Its key `berth` says which stack and app the connection belongs to. */
  readonly data: VaultData;
  /** 1Password item with Vault's own login, as `vault/item`. The provider reads it. */
  readonly item: string;
  /** Write over a connection of that name that this stack did not make. */
  readonly adopt: boolean;
}

/** A connection of Vault's database engine, by Berth's own provider: `@pulumi/vault` would keep the password in state. */
export class VaultConnection extends pulumi.CustomResource {
  constructor(name: string, args: VaultConnectionArgs, opts?: pulumi.CustomResourceOptions) {
    const { adopt, ...rest } = args;
    super("berth:index:VaultConnection", name, { ...rest, ...(adopt ? { adopt } : {}) }, opts);
  }
}
