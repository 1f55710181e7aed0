import * as pulumi from "@pulumi/pulumi";
import type { GitOpsSpec } from "../../config/spec.ts";
import type { ManifestPlan } from "./files.ts";
import { ManifestFile } from "./manifest-file.ts";

/** Files of one app, or those that all apps of a stack use. */
export interface GitDeliveryArgs {
  readonly files: readonly ManifestPlan[];
  readonly gitops: GitOpsSpec;
  /** Owner of the files, `stack prod, app netbox`. */
  readonly owner: string;
}

/** Manifests in the GitOps checkout, one resource per file. */
export class GitDelivery extends pulumi.ComponentResource {
  constructor(name: string, args: GitDeliveryArgs, opts?: pulumi.ComponentResourceOptions) {
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
