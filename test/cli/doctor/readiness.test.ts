import { expect, test } from "vitest";
import { checkReadiness } from "../../../cli/doctor/cluster/readiness.ts";
import { Report } from "../../../cli/doctor/report.ts";
import type { KubernetesObject } from "../../../components/delivery/yaml.ts";
import type { KubeAccess } from "../../../components/kubernetes/access.ts";

/** What doctor says of the objects that Secrets are made from. */

const v1 = "external-secrets.io/v1";
const toObject = (kind: string, name: string, namespace?: string): KubernetesObject => ({
  apiVersion: v1,
  kind,
  metadata: namespace === undefined ? { name } : { name, namespace },
});
const objects = [
  toObject("ClusterSecretStore", "berth-prod"),
  toObject("ExternalSecret", "a", "x"),
  toObject("ExternalSecret", "b", "x"),
  toObject("ExternalSecret", "c", "x"),
  toObject("Deployment", "irrelevant", "x"),
];
const toLive = (name: string, namespace: string | undefined, condition?: object) => ({
  metadata: namespace === undefined ? { name } : { name, namespace },
  ...(condition && {
    status: { conditions: [{ type: "Synced" }, { type: "Ready", ...condition }] },
  }),
});

/** A cluster with two pages of each list. */
async function check(lists: Readonly<Record<string, readonly object[]>>) {
  const send = ({ path }: { readonly path: string }) => {
    const url = new URL(path, "http://api");
    const items = lists[url.pathname];
    if (items === undefined) return Promise.resolve({ status: 403, body: "{}" });
    const isSecond = url.searchParams.get("continue") === "more";
    const page = isSecond ? items.slice(1) : items.slice(0, 1);
    const metadata = isSecond ? {} : { continue: "more" };
    return Promise.resolve({ status: 200, body: JSON.stringify({ items: page, metadata }) });
  };
  const context = { name: "home", kubectl: "kubectl --context home" };
  const report = new Report();
  await checkReadiness(report, "cluster", objects, {
    value: { access: { context, send } as unknown as KubeAccess },
  });
  return report.findings;
}

const stores = `/apis/${v1}/clustersecretstores`;
const secrets = `/apis/${v1}/externalsecrets`;
const isReady = { status: "True" };

test("what is ready, and what is not there yet, is no warning", async () => {
  const findings = await check({
    [stores]: [toLive("berth-prod", undefined, isReady)],
    [secrets]: [toLive("a", "x", isReady), toLive("b", "x", isReady), toLive("c", "others")],
  });
  expect(findings).toEqual([
    {
      group: "cluster",
      name: "state of ClusterSecretStores",
      status: "ok",
      detail: "1 ready of 1, 1 are there",
    },
    {
      group: "cluster",
      name: "state of ExternalSecrets",
      status: "ok",
      detail: "2 ready of 3, 2 are there",
    },
  ]);
});

test("a store that reaches nothing and a Secret that was not made are named, with the operator's reason", async () => {
  const why = { status: "False", reason: "SecretSyncedError", message: "no item matched" };
  const findings = await check({
    [stores]: [toLive("berth-prod", undefined, { status: "False", reason: "InvalidProvider" })],
    [secrets]: [toLive("a", "x", isReady), toLive("b", "x", why), toLive("c", "x")],
  });
  const warnings = findings.map(({ status, detail, fix }) => [status, detail, fix]);
  expect(warnings).toEqual([
    [
      "warning",
      "ClusterSecretStore berth-prod is not ready: InvalidProvider",
      "kubectl --context home describe clustersecretstore berth-prod",
    ],
    [
      "warning",
      "ExternalSecret x/b is not ready: SecretSyncedError: no item matched",
      "kubectl --context home -n x describe externalsecret b",
    ],
    [
      "warning",
      "ExternalSecret x/c is not ready: its operator has not said anything about it yet",
      "kubectl --context home -n x describe externalsecret c",
    ],
  ]);
});

test("without the right to list them nothing is said of them", async () => {
  const [finding] = await check({});
  expect(finding?.status).toBe("skipped");
  expect(finding?.detail).toContain("this user may not list ClusterSecretStores of all namespaces");
});
