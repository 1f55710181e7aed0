import type { DestinationSpec } from "../../config/spec/argocd.ts";
import type { ObjectMetadata } from "../../secrets/object-metadata.ts";
import { byKey } from "../../sort.ts";

/** A kind as an AppProject names it. */
export interface GroupKind {
  readonly group: string;
  readonly kind: string;
}

/** Argo CD's AppProject, with the fields that Berth writes. */
export interface AppProject {
  readonly apiVersion: "argoproj.io/v1alpha1";
  readonly kind: "AppProject";
  readonly metadata: ObjectMetadata;
  readonly spec: {
    readonly description: string;
    readonly sourceRepos: readonly string[];
    readonly destinations: readonly (DestinationSpec & { readonly namespace: string })[];
    readonly clusterResourceWhitelist: readonly GroupKind[];
    readonly namespaceResourceWhitelist: readonly GroupKind[];
  };
}

/** What {@link buildAppProject} needs. Lists may have values twice. */
export interface AppProjectArgs {
  readonly metadata: ObjectMetadata;
  readonly description: string;
  readonly repositories: readonly string[];
  readonly destinations: readonly (DestinationSpec & { readonly namespace: string })[];
  readonly clusterKinds: readonly GroupKind[];
  readonly kinds: readonly GroupKind[];
}

/** An AppProject that allows exactly this. */
export function buildAppProject(args: AppProjectArgs): AppProject {
  return {
    apiVersion: "argoproj.io/v1alpha1",
    kind: "AppProject",
    metadata: args.metadata,
    spec: {
      description: args.description,
      sourceRepos: [...new Set(args.repositories)].toSorted(),
      destinations: sortOnce(args.destinations),
      clusterResourceWhitelist: sortOnce(args.clusterKinds),
      namespaceResourceWhitelist: sortOnce(args.kinds),
    },
  };
}

/** Each value once, in the order of its text, so that the order of apps changes nothing. */
function sortOnce<T>(values: readonly T[]): readonly T[] {
  const byText = new Map(values.map((value) => [JSON.stringify(value), value]));
  return [...byText].toSorted(byKey).map(([, value]) => value);
}

/** `apps/Deployment`, or `Service` in the core group. */
export function toGroupKind(text: string): GroupKind {
  const [kind = "", group = ""] = text.split("/").toReversed();
  return { group, kind };
}
