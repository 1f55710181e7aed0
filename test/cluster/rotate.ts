import path from "node:path";
import { execa } from "execa";
import { projectFolder } from "../../components/project-folder.ts";
import type { Manifest } from "../../dev/cluster/objects.ts";
import type { ClusterBed } from "./cluster-bed.ts";

/** Runs the verb for an app of a bed. */
export async function rotate({ bed }: ClusterBed, app: string, ...more: readonly string[]) {
  const { sandbox, toolchain } = bed;
  const cli = path.join(projectFolder, "cli/main.ts");
  const given = ["--stack", "dev", "--config-file", sandbox.stackFile, "--app", app];
  const { exitCode, stdout, stderr } = await execa(
    process.execPath,
    [cli, "rotate", ...given, "--json", ...more],
    { env: { ...toolchain.env, ...sandbox.env, NO_COLOR: "1" }, stdin: "ignore", reject: false },
  );
  bed.outputs.push(stdout, stderr);
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
