import * as pulumi from "@pulumi/pulumi";

export interface ManifestFileArgs {
  /**
   * Root of the GitOps checkout, relative to the project folder. It is created if it does not exist.
   * Another directory replaces the file: the new file is written before the old one is deleted.
   */
  readonly directory: pulumi.Input<string>;
  /** Path of the file inside `directory`, with `/`. Another path replaces the file. */
  readonly path: pulumi.Input<string>;
  /** YAML text. A secret value is refused, because many people can read the Git repository. */
  readonly content: pulumi.Input<string>;
  /** `stack prod, app netbox`: the first line. A file with another text before the comma is not overwritten. */
  readonly owner: pulumi.Input<string>;
  /** Overwrite a file that Berth did not write, or that another stack wrote. */
  readonly adopt: pulumi.Input<boolean>;
}

/**
 * A file in the GitOps checkout. The preview shows how its text changes. The next `up` undoes an edit by
 * hand. Deleting the resource deletes the file only if it still has Berth's header.
 */
export class ManifestFile extends pulumi.CustomResource {
  constructor(name: string, args: ManifestFileArgs, opts?: pulumi.CustomResourceOptions) {
    super("berth:index:ManifestFile", name, { ...args }, opts);
  }
}
