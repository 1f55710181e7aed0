import * as pulumi from "@pulumi/pulumi";
import { ManifestFile } from "../../provider/manifest-file-resource.ts";
import type { GitOpsSpec } from "../config/spec.ts";
import type { ManifestPlan } from "./tree.ts";

/** Files of one app, or those that the apps of a stack share. */
export interface AppDeliveryArgs {
  readonly files: readonly ManifestPlan[];
  readonly gitops: GitOpsSpec;
  /** `stack prod, app netbox`: whose files they are. */
  readonly owner: string;
}

/** Manifests in the GitOps checkout, one resource per file. */
export class AppDelivery extends pulumi.ComponentResource {
  constructor(name: string, args: AppDeliveryArgs, opts?: pulumi.ComponentResourceOptions) {
    super("berth:delivery:AppDelivery", name, {}, opts);
    const { directory, adopt } = args.gitops;
    for (const { logicalName, path, content } of args.files) {
      new ManifestFile(
        logicalName,
        { directory, path, content, owner: args.owner, adopt },
        { parent: this },
      );
    }
    this.registerOutputs({});
  }
}
