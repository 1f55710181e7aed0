import * as pulumi from "@pulumi/pulumi";

export interface GitCommitArgs {
  /** Root of the manifests, relative to the project folder. */
  readonly directory: pulumi.Input<string>;
  /** Paths of all manifests of the stack in it. */
  readonly files: pulumi.Input<readonly string[]>;
  /** `stack prod`: whose files they are. */
  readonly owner: pulumi.Input<string>;
}

/** Made when everything that it depends on is there: a run that failed commits nothing. */
export class GitCommit extends pulumi.CustomResource {
  constructor(name: string, args: GitCommitArgs, opts?: pulumi.CustomResourceOptions) {
    super("berth:index:GitCommit", name, { ...args }, opts);
  }
}
