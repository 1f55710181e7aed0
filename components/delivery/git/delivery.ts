import * as pulumi from "@pulumi/pulumi";
import type { GitDeliveryArgs } from "./files.ts";
import { ManifestFile } from "./manifest-file.ts";

/** Manifests in the GitOps checkout, one resource per file. */
export class GitDelivery extends pulumi.ComponentResource {
  /** Settles when all files are written. */
  readonly written: pulumi.Output<unknown>;

  constructor(name: string, args: GitDeliveryArgs, opts?: pulumi.ComponentResourceOptions) {
    super("berth:delivery:AppDelivery", name, {}, opts);
    const { directory, adopt } = args.gitops;
    const files = args.files.map(
      ({ logicalName, path, content }) =>
        new ManifestFile(
          logicalName,
          { adopt, directory, path, content, owner: args.owner },
          { parent: this },
        ),
    );
    this.written = pulumi.all(files.map(({ urn }) => urn));
    this.registerOutputs({});
  }
}
