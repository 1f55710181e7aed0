import * as pulumi from "@pulumi/pulumi";

/** What a {@link GitCommit} is made from. */
export interface GitCommitArgs {
  /** Root of the manifests, relative to the project folder. */
  readonly directory: pulumi.Input<string>;
  /** Paths of all manifests of the stack in it. */
  readonly files: pulumi.Input<readonly string[]>;
  /** `stack prod`: whose files they are. */
  readonly owner: pulumi.Input<string>;
}

/**
 * A commit of the manifests that changed, made when everything that it depends on is there. The engine does not
 * reach it after a failure, so a run that failed commits nothing.
 */
export class GitCommit extends pulumi.CustomResource {
  constructor(name: string, args: GitCommitArgs, opts?: pulumi.CustomResourceOptions) {
    super("berth:index:GitCommit", name, { ...args }, opts);
  }
}
