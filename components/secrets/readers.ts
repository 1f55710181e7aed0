import type { ObjectMetadata } from "./object-metadata.ts";

export interface Rule {
  readonly apiGroups: readonly string[];
  readonly resources: readonly string[];
  readonly resourceNames?: readonly string[];
  readonly verbs: readonly string[];
}

type Subject =
  | { readonly apiGroup: string; readonly kind: "Group"; readonly name: string }
  | { readonly kind: "ServiceAccount"; readonly name: string; readonly namespace: string };

const apiGroup = "rbac.authorization.k8s.io";

export function buildRole(
  metadata: ObjectMetadata,
  rules: readonly Rule[],
  subjects: readonly Subject[],
) {
  const apiVersion = `${apiGroup}/v1`;
  const roleRef = { apiGroup, kind: "Role", name: metadata.name };
  return [
    { apiVersion, kind: "Role", metadata, rules },
    { apiVersion, kind: "RoleBinding", metadata, roleRef, subjects },
  ];
}

/** Manifests that let groups see why a Secret is not there, and not the Secret. */
export function buildReaders({
  groups,
  ...metadata
}: ObjectMetadata & { readonly groups: readonly string[] }) {
  const rules = [
    {
      apiGroups: ["external-secrets.io"],
      resources: ["externalsecrets", "secretstores"],
      verbs: ["get", "list", "watch"],
    },
  ];
  return buildRole(
    metadata,
    rules,
    groups.map((name) => ({ apiGroup, kind: "Group", name })),
  );
}
