import type { KubernetesObject } from "../yaml.ts";

/** How Flux knows that an object of a kind is ready. */
export interface HealthExpression {
  readonly apiVersion: string;
  readonly kind: string;
  /** In CEL. An error, as of a status that is not there yet, means that it is not. */
  readonly current: string;
}

const isReady = "status.conditions.exists(one, one.type == 'Ready' && one.status == 'True')";
const saysReady = "has(status.conditions) && status.conditions.exists(one, one.type == 'Ready')";
// An older operator writes which generation it has synced, and only after the Secret is there.
const isSynced = "status.lastGeneration > 0 && status.lastGeneration >= metadata.generation";

/** By kind. The same as `healthChecks` say to Argo CD. */
const expressions: Readonly<Record<string, string>> = {
  OnePasswordItem: isReady,
  ExternalSecret: isReady,
  SecretStore: isReady,
  ClusterSecretStore: isReady,
  VaultConnection: "status.valid",
  VaultAuth: "status.valid",
  VaultStaticSecret: `${saysReady} ? ${isReady} : ${isSynced}`,
  VaultDynamicSecret: `${saysReady} ? ${isReady} : ${isSynced}`,
};

/**
 * The expressions for the kinds of these objects. Without them an object whose operator has not written a status yet
 * counts as ready, and what depends on its Secret starts too early.
 *
 * @see https://fluxcd.io/flux/components/kustomize/kustomizations/#health-check-expressions
 */
export function planHealthExpressions(
  objects: readonly Pick<KubernetesObject, "apiVersion" | "kind">[],
): readonly HealthExpression[] {
  const apiVersions = new Map(objects.map(({ apiVersion, kind }) => [kind, apiVersion]));
  return [...apiVersions].flatMap(([kind, apiVersion]) => {
    const current = expressions[kind];
    return current === undefined ? [] : [{ apiVersion, kind, current }];
  });
}
