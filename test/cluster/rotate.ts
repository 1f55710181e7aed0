import type { Manifest } from "../../dev/cluster/objects.ts";
import type { ClusterBed } from "./cluster-bed.ts";

/** Runs the verb for an app of a bed. */
export async function rotate({ bed }: ClusterBed, app: string, ...more: readonly string[]) {
  const { exitCode, stdout, stderr } = await bed.berth(["rotate", app, "--json", ...more]);
  return { exitCode, stderr, report: JSON.parse(stdout) as unknown };
}

/** What user `berth` must be allowed to rotate, without the way to Postgres: each has a verb, a group and a resource. */
export function rotationRights(
  namespace: string,
  rights: readonly (readonly [verb: string, group: string, resource: string])[],
): Manifest[] {
  const apiGroup = "rbac.authorization.k8s.io";
  const common = {
    apiVersion: `${apiGroup}/v1`,
    metadata: { name: "berth-rotate", namespace },
  };
  return [
    {
      ...common,
      kind: "Role",
      rules: rights.map(([verb, group, resource]) => ({
        apiGroups: [group],
        resources: [resource],
        verbs: [verb],
      })),
    },
    {
      ...common,
      kind: "RoleBinding",
      roleRef: { apiGroup, kind: "Role", name: common.metadata.name },
      subjects: [{ apiGroup, kind: "User", name: "berth" }],
    },
  ];
}
