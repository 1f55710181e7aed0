import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { toRestartCommands } from "../../../cli/restart-commands.ts";
import { forceSync } from "../../../cli/rotate/force-sync.ts";
import { requireRestarts, restart } from "../../../cli/rotate/restart.ts";
import { createKubeAccess, type KubeAccess } from "../../../components/kubernetes/access.ts";
import { loadKubeContext } from "../../../components/kubernetes/kubeconfig.ts";
import { type Cluster, startCluster } from "../../tunnel/cluster.ts";

let cluster: Cluster;
let access: KubeAccess;

const namespace = "infra-wiki";
const targets = [
  { kind: "Deployment", name: "wiki" },
  { kind: "StatefulSet", name: "wiki-search" },
] as const;
const role = { key: "owner", namespace, restart: targets };
const at = (resource: string, name: string) =>
  `/apis/apps/v1/namespaces/${namespace}/${resource}/${name}`;
const external =
  "/apis/external-secrets.io/v1/namespaces/infra-wiki/externalsecrets/wiki-db-credentials";

beforeAll(async () => {
  cluster = await startCluster();
  access = createKubeAccess(await loadKubeContext(cluster.spec()));
});

afterAll(async () => {
  await cluster.stop();
});

beforeEach(() => {
  cluster.api.patches.length = 0;
  cluster.api.denied.clear();
  cluster.api.extensions.clear();
  cluster.api.extensions.set(at("deployments", "wiki"), {});
  cluster.api.extensions.set(at("statefulsets", "wiki-search"), {});
});

test("what may be restarted is tried without a change", async () => {
  await requireRestarts(access, "wiki", role);
  expect(cluster.api.patches.map(({ url }) => url).toSorted()).toEqual([
    `${at("deployments", "wiki")}?dryRun=All`,
    `${at("statefulsets", "wiki-search")}?dryRun=All`,
  ]);
});

test("a missing right and a missing object are one error, before anything is written", async () => {
  cluster.api.denied.add("patch deployments");
  cluster.api.extensions.delete(at("statefulsets", "wiki-search"));
  const checking = requireRestarts(access, "wiki", role);
  await expect(checking).rejects.toThrow(
    "app wiki: berth:apps.wiki.owner.restart; nothing was changed: 2 problems",
  );
  await expect(checking).rejects.toThrow(
    /not allowed to restart Deployment\/wiki in infra-wiki \(patch deployments.apps\)\n {4}fix: give the right, then ask: kubectl .*-n infra-wiki auth can-i patch deployments.apps/,
  );
  await expect(checking).rejects.toThrow(
    /there is no StatefulSet "wiki-search" in infra-wiki\n {4}fix: correct the name; see kubectl .*-n infra-wiki get statefulsets/,
  );
});

test("without a cluster it fails and says where to name one", async () => {
  await expect(requireRestarts(undefined, "wiki", { ...role, key: "ro" })).rejects.toThrow(
    "berth:apps.wiki.roles.ro.restart says what to restart, and the stack file names no cluster; nothing was changed\n  fix: add berth:cluster with its context, or remove",
  );
});

test("a restart changes one annotation of the pods, as kubectl does", async () => {
  expect(await restart(access, namespace, targets)).toEqual([]);
  expect(cluster.api.patches.map(({ url }) => url)).toEqual([
    at("deployments", "wiki"),
    at("statefulsets", "wiki-search"),
  ]);
  for (const { type, body } of cluster.api.patches) {
    expect(type).toBe("application/merge-patch+json");
    expect(body).toEqual({
      spec: {
        template: {
          metadata: {
            annotations: { "kubectl.kubernetes.io/restartedAt": expect.any(String) as unknown },
          },
        },
      },
    });
  }
});

test("one that fails does not keep the others from it", async () => {
  cluster.api.extensions.delete(at("deployments", "wiki"));
  const failures = await restart(access, namespace, targets);
  expect(failures).toEqual([expect.stringContaining('no deployments.apps "wiki"')]);
  expect(cluster.api.patches).toHaveLength(1);
});

test("the commands do the same", () => {
  expect(toRestartCommands(namespace, targets)).toEqual([
    "kubectl -n infra-wiki rollout restart deployment/wiki",
    "kubectl -n infra-wiki rollout restart statefulset/wiki-search",
  ]);
  expect(toRestartCommands(namespace, [])).toEqual([
    "kubectl -n infra-wiki rollout restart deployment",
  ]);
});

test("an ExternalSecret is read at once, by an annotation", async () => {
  cluster.api.extensions.set(external, {});
  const object = { namespace, name: "wiki-db-credentials" };
  expect(await forceSync(access, object)).toBeUndefined();
  expect(cluster.api.patches).toEqual([
    expect.objectContaining({
      url: external,
      body: { metadata: { annotations: { "force-sync": expect.any(String) as unknown } } },
    }),
  ]);
});

test("without the right or the object, the Secret comes later, which is not a failure", async () => {
  const object = { namespace, name: "wiki-db-credentials" };
  expect(await forceSync(access, object)).toContain('no externalsecrets.external-secrets.io "wiki');
  cluster.api.denied.add("patch externalsecrets");
  expect(await forceSync(access, object)).toBe(
    "not allowed to patch externalsecrets.external-secrets.io",
  );
  expect(cluster.api.patches).toEqual([]);
});
