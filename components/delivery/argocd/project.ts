import type { DestinationSpec } from "../../config/spec/argocd.ts";
import type { ObjectMetadata } from "../../secrets/object-metadata.ts";
import { sortOnce, sortUnique } from "../../sort.ts";

export interface GroupKind {
  readonly group: string;
  readonly kind: string;
}

/** Lists may have values twice. */
export interface AppProjectArgs {
  readonly metadata: ObjectMetadata;
  readonly description: string;
  readonly repositories: readonly string[];
  readonly destinations: readonly (DestinationSpec & { readonly namespace: string })[];
  readonly clusterKinds: readonly GroupKind[];
  readonly kinds: readonly GroupKind[];
}

/** An AppProject that allows exactly this. */
export function buildAppProject(args: AppProjectArgs) {
  return {
    apiVersion: "argoproj.io/v1alpha1",
    kind: "AppProject",
    metadata: args.metadata,
    spec: {
      description: args.description,
      sourceRepos: sortUnique(args.repositories),
      destinations: sortOnce(args.destinations),
      clusterResourceWhitelist: sortOnce(args.clusterKinds),
      namespaceResourceWhitelist: sortOnce(args.kinds),
    },
  };
}

export type AppProject = ReturnType<typeof buildAppProject>;

/** `apps/Deployment`, or `Service` in the core group. */
export function toGroupKind(text: string): GroupKind {
  const [kind = "", group = ""] = text.split("/").toReversed();
  return { group, kind };
}
