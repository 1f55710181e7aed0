import * as pulumi from "@pulumi/pulumi";
import type { GitDeliveryArgs } from "./files.ts";
import { ManifestFile } from "./manifest-file.ts";

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
