import * as pulumi from "@pulumi/pulumi";

/** What a {@link ManifestFile} is made from. */
export interface ManifestFileArgs {
  /**
   * Root of the GitOps checkout, relative to the project folder. It is made if it does not exist.
   * Another directory replaces the file: the new one is written before the old one goes.
   */
  readonly directory: pulumi.Input<string>;
  /** Where the file goes inside `directory`, with `/`. Another path replaces the file. */
  readonly path: pulumi.Input<string>;
  /** YAML text. A secret is refused: what is in Git is read by many. */
  readonly content: pulumi.Input<string>;
  /**
   * Whose file it is, such as `stack prod, app netbox`; it goes into the file's first line. What
   * stands before the first comma decides: a file of another owner is not overwritten.
   */
  readonly owner: pulumi.Input<string>;
  /**
   * Overwrite a file that Berth did not write, or that another stack wrote.
   * @default false
   */
  readonly adopt?: pulumi.Input<boolean>;
}

/**
 * A file in the GitOps checkout. The preview shows how its text changes, a hand edit is undone by
 * the next `up`, and deleting the resource removes the file only while it still carries our header.
 */
export class ManifestFile extends pulumi.CustomResource {
  declare readonly directory: pulumi.Output<string>;
  declare readonly path: pulumi.Output<string>;
  declare readonly content: pulumi.Output<string>;
  declare readonly owner: pulumi.Output<string>;
  declare readonly adopt: pulumi.Output<boolean>;

  constructor(name: string, args: ManifestFileArgs, opts?: pulumi.CustomResourceOptions) {
    super("berth:index:ManifestFile", name, { adopt: false, ...args }, opts);
  }
}
