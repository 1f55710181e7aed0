import type { AppEntry, StackConfig } from "../schema/stack.ts";
import {
  type ApplicationSettings,
  type ArgoCdAppSpec,
  type ArgoCdStackSpec,
  type MetadataSpec,
  ownCluster,
  type SyncPolicySpec,
} from "../spec/argocd.ts";
import { provisionerName, storeName } from "./names.ts";

type Given = NonNullable<StackConfig["argocd"]>;

export function toArgoCdSpec({ argocd = {}, gitops }: StackConfig): ArgoCdStackSpec {
  const { appProject = false } = argocd;
  const { kinds, clusterKinds = [] } = typeof appProject === "boolean" ? {} : appProject;
  return {
    ...toSettings(argocd, {}),
    names: argocd.names ?? gitops?.flux?.names ?? "${name}",
    appProject: appProject === false ? undefined : { kinds, clusterKinds },
    parent: argocd.parent ?? "none",
    parentProject: argocd.parentProject ?? "default",
  };
}

/** The AppProject of a stack's Applications that name none. */
export function defaultProject(stack: string, { argocd }: StackConfig): string {
  return (argocd?.appProject ?? false) === false ? "default" : storeName(stack);
}

export function toAppArgoCdSpec(
  stack: string,
  name: string,
  entry: AppEntry,
  config: StackConfig,
): ArgoCdAppSpec {
  const { names } = toArgoCdSpec(config);
  const own = entry.argocd ?? {};
  return {
    ...toSettings(own, config.argocd ?? {}),
    application: own.name ?? applicationName(names, stack, name),
    provisioner: applicationName(names, stack, provisionerName(name)),
    project: own.project,
  };
}

/** An Application's name, by the stack's pattern. */
export function applicationName(pattern: string, stack: string, name: string): string {
  const known: Readonly<Record<string, string>> = { "${stack}": stack, "${name}": name };
  return pattern.replaceAll(/\$\{(?:stack|name)\}/g, (placeholder) => known[placeholder] ?? "");
}

type Common = Pick<Given, "destination" | "syncPolicy" | "ignoreDifferences" | "finalizer">;

/** An app's own settings come before the stack's. */
function toSettings(own: Common, stack: Common): ApplicationSettings {
  const { server = ownCluster, name } = own.destination ?? stack.destination ?? {};
  return {
    destination: name === undefined ? { server } : { name },
    syncPolicy: toSyncPolicy({ ...stack.syncPolicy, ...own.syncPolicy }),
    ignoreDifferences: [...(stack.ignoreDifferences ?? []), ...(own.ignoreDifferences ?? [])],
    finalizer: own.finalizer ?? stack.finalizer,
  };
}

/**
 * `prune` deletes the Secret of a role that was removed from the stack file. The retries last half an hour, longer
 * than the operator's polling interval of ten minutes: the sync fails while the operator cannot read an item.
 */
function toSyncPolicy(given: NonNullable<Common["syncPolicy"]>): SyncPolicySpec {
  const { automated = {}, retry = {}, syncOptions = [] } = given;
  return {
    automated:
      automated === false
        ? undefined
        : { prune: automated.prune ?? true, selfHeal: automated.selfHeal ?? true },
    retry:
      retry === false
        ? undefined
        : {
            limit: retry.limit ?? 10,
            backoff: {
              duration: retry.backoff?.duration ?? "10s",
              factor: retry.backoff?.factor ?? 2,
              maxDuration: retry.backoff?.maxDuration ?? "5m",
            },
          },
    syncOptions,
  };
}

/** Labels and annotations by kind; an app's come before the stack's. */
export function mergeMetadata(stack: MetadataSpec, own: MetadataSpec): MetadataSpec {
  const kinds = [...new Set([...Object.keys(stack), ...Object.keys(own)])];
  return Object.fromEntries(
    kinds.map((kind) => [
      kind,
      {
        labels: { ...stack[kind]?.labels, ...own[kind]?.labels },
        annotations: { ...stack[kind]?.annotations, ...own[kind]?.annotations },
      },
    ]),
  );
}
