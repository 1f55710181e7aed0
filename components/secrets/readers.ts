import type { ObjectMetadata } from "./object-metadata.ts";

/** Kubernetes' Role, with the fields that Berth writes. */
export interface Role {
  readonly apiVersion: "rbac.authorization.k8s.io/v1";
  readonly kind: "Role";
  readonly metadata: ObjectMetadata;
  readonly rules: readonly {
    readonly apiGroups: readonly string[];
    readonly resources: readonly string[];
    readonly verbs: readonly string[];
  }[];
}

/** Kubernetes' RoleBinding for groups of users. */
export interface RoleBinding {
  readonly apiVersion: "rbac.authorization.k8s.io/v1";
  readonly kind: "RoleBinding";
  readonly metadata: ObjectMetadata;
  readonly roleRef: { readonly apiGroup: string; readonly kind: "Role"; readonly name: string };
  readonly subjects: readonly {
    readonly apiGroup: string;
    readonly kind: "Group";
    readonly name: string;
  }[];
}

/** Manifests that let groups see why a Secret is not there, and not the Secret. */
export function buildReaders({
  groups,
  ...metadata
}: ObjectMetadata & { readonly groups: readonly string[] }): readonly [Role, RoleBinding] {
  const apiGroup = "rbac.authorization.k8s.io";
  const apiVersion = `${apiGroup}/v1`;
  return [
    {
      apiVersion,
      kind: "Role",
      metadata,
      rules: [
        {
          apiGroups: ["external-secrets.io"],
          resources: ["externalsecrets", "secretstores"],
          verbs: ["get", "list", "watch"],
        },
      ],
    },
    {
      apiVersion,
      kind: "RoleBinding",
      metadata,
      roleRef: { apiGroup, kind: "Role", name: metadata.name },
      subjects: groups.map((name) => ({ apiGroup, kind: "Group", name })),
    },
  ];
}
