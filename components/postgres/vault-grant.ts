import * as pulumi from "@pulumi/pulumi";
import type { VaultGrant as VaultGrantArgs } from "./plan/vault-grant.ts";

/**
 * That Vault's own login may make logins as members of an app's owner role. It is a resource of its own, because the
 * stack that has the app's database may be another one than the stack that has Vault's connection.
 */
export class VaultGrant extends pulumi.CustomResource {
  constructor(name: string, args: VaultGrantArgs, opts?: pulumi.CustomResourceOptions) {
    super("berth:postgres:VaultGrant", name, { ...args }, opts);
  }
}
