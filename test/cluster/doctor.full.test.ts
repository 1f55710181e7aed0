import { readdirSync } from "node:fs";
import type { KubernetesObject } from "@kubernetes/client-node";
import { execa, execaSync } from "execa";
import { afterAll, afterEach, beforeAll, expect, inject, it } from "vitest";
import { diagnose } from "../../cli/doctor/diagnose.ts";
import type { Finding } from "../../cli/doctor/report.ts";
import { projectFolder } from "../../components/project-folder.ts";
import {
  applyDefinitions,
  deliveryRights,
  type Manifest,
  namespace,
  readManifests,
} from "../../dev/cluster/objects.ts";
import { waitFor } from "../../dev/cluster/wait-for.ts";
import type { Config } from "../engine/bed.ts";
import { failures, withStatus, worldOf } from "../engine/doctor-bed.ts";
import { ClusterBed } from "./cluster-bed.ts";

/**
 * The doctor on a stack in cluster mode, on a real API server, as a user with exactly the rights that
 * cluster mode needs: each thing that is taken away is named with its fix.
 */

const where = "doctor-netbox";
const hasKubectl = execaSync("kubectl", ["version", "--client"], { reject: false }).exitCode === 0;
let cluster: ClusterBed;
let identifier: string;
const repairs: (() => unknown)[] = [];

beforeAll(async () => {
  cluster = await ClusterBed.open("doctor-db");
  await cluster.applyAll([namespace("argocd"), namespace(where), ...deliveryRights()]);
  const system = await cluster.read("v1", "Namespace", "", "kube-system");
  identifier = (system as KubernetesObject | undefined)?.metadata?.uid ?? "";
  toClusterMode({ identifier });
});

afterEach(async () => {
  for (const repair of repairs.splice(0).toReversed()) await repair();
});

afterAll(async () => {
  for (const object of deliveryRights()) await cluster.api.delete(object);
  await cluster.close();
});

function toClusterMode(changes: Readonly<Record<string, unknown>>): () => void {
  const { kubeconfig } = cluster.cluster;
  return cluster.bed.configure((config: Config) => {
    delete config["berth:gitops"];
    config["berth:cluster"] = { kubeconfig, context: "berth", ...changes };
    config["berth:postgres"]["namespace"] = cluster.namespace;
    const { netbox } = config["berth:apps"];
    config["berth:apps"] = { netbox: { ...(netbox as object), namespace: where } };
  });
}

async function find(): Promise<readonly Finding[]> {
  const world = worldOf(cluster.bed);
  return await diagnose(world, { name: "dev", file: cluster.bed.sandbox.stackFile });
}

const listFindings = (findings: readonly Finding[], status: Finding["status"]): string[] =>
  withStatus(findings, status).filter((line) => line.startsWith("delivery: "));

it("finds nothing wrong where all is there, and has written nothing", async () => {
  const findings = await find();
  expect(failures(findings)).toEqual([]);
  expect(listFindings(findings, "ok")).toEqual([
    expect.stringContaining('delivery: kubeconfig: context "berth", user "berth"'),
    expect.stringMatching(/^delivery: API server: https:\/\/127\.0\.0\.1:\d+, Kubernetes v1\.35/),
    expect.stringContaining("delivery: rights: on namespaces, onepassworditems, applications"),
    expect.stringContaining(`delivery: objects: cluster ${identifier}: 1 of 8 exist`),
    expect.stringMatching(/^delivery: state of OnePasswordItems: 0 ready of \d+, 0 are there/),
  ]);
  expect(listFindings(findings, "skipped")).toEqual([
    expect.stringContaining("1Password operator: because this user may not list Deployments"),
  ]);
  const { items } = await cluster.api.list("onepassword.com/v1", "OnePasswordItem", where);
  expect(items).toEqual([]);
});

it("names the plugin that applies", async () => {
  const home = cluster.bed.toolchain.env["PULUMI_HOME"] ?? "";
  expect(readdirSync(`${home}/plugins`).join()).toContain("resource-kubernetes-");
  // Pulumi makes it.
  const empty = `${cluster.bed.sandbox.home}/no-plugins`;
  const findings = await diagnose(worldOf(cluster.bed, { PULUMI_HOME: empty }), {
    name: "dev",
    file: cluster.bed.sandbox.stackFile,
  });
  expect(failures(findings).join("\n")).toMatch(
    /machine: plugins: the plugin kubernetes [\d.]+ is not in \S+\/no-plugins.* fix: pulumi plugin install resource kubernetes/,
  );
});

it("names each right that is missing, where it is missing, and how to test it", async () => {
  const [role, ...binding] = deliveryRights();
  if (role === undefined) throw new Error("there is no role");
  const rules = (role["rules"] as { resources: string[]; verbs: string[] }[]).map((rule) =>
    rule.resources.includes("applications") ? { ...rule, verbs: ["get", "create"] } : rule,
  );
  await cluster.applyAll([{ ...role, rules }, ...binding]);
  repairs.push(() => cluster.applyAll([role]));
  const found = failures(await find());
  expect(found).toEqual(
    ["patch", "delete", "list", "watch"].map(
      (verb) =>
        `delivery: rights: user "berth" (context "berth") may not ${verb} applications.argoproj.io in namespace "argocd" fix: have a Role with verb "${verb}" on applications.argoproj.io bound to this user; test with: kubectl --kubeconfig ${cluster.cluster.kubeconfig} --context berth -n argocd auth can-i ${verb} applications.argoproj.io`,
    ),
  );
});

it("names the right on namespaces, which are in none", async () => {
  const [role] = deliveryRights();
  if (role === undefined) throw new Error("there is no role");
  const rules = (role["rules"] as { resources: string[]; verbs: string[] }[]).map((rule) =>
    rule.resources.includes("namespaces") ? { ...rule, verbs: ["get"] } : rule,
  );
  await cluster.applyAll([{ ...role, rules }]);
  repairs.push(() => cluster.applyAll([role]));
  expect(failures(await find())).toEqual([
    expect.stringMatching(/may not create namespaces fix: have a ClusterRole with verb "create"/),
    expect.stringMatching(/may not patch namespaces fix: have a ClusterRole with verb "patch"/),
  ]);
});

it("names another cluster than the one that is pinned, and warns of none", async () => {
  repairs.push(toClusterMode({ identifier: "another" }));
  expect(failures(await find())).toEqual([
    expect.stringMatching(
      /^delivery: objects: context "berth" is not the stack's cluster.* fix: correct berth:cluster\.context/,
    ),
  ]);
  repairs.push(toClusterMode({}));
  const findings = await find();
  expect(failures(findings)).toEqual([]);
  expect(listFindings(findings, "warning")).toEqual([
    `delivery: objects: the stack file does not say which cluster it is for fix: add under berth:cluster: identifier: ${identifier}`,
  ]);
});

it("names a context that is not there", async () => {
  repairs.push(toClusterMode({ context: "elsewhere" }));
  expect(failures(await find())).toEqual([
    expect.stringMatching(
      /^delivery: kubeconfig: no context "elsewhere".* fix: set berth:cluster\.context/,
    ),
  ]);
});

it("names the kinds that the cluster lacks, and who brings them", async () => {
  const apiVersion = "apiextensions.k8s.io/v1";
  const kind = "CustomResourceDefinition";
  const name = "applications.argoproj.io";
  const saved = await cluster.read(apiVersion, kind, "", name);
  if (saved === undefined) throw new Error("there is no such definition");
  await cluster.api.delete(saved);
  repairs.push(async () => {
    const definitions = readManifests(inject("clusterTools").crds);
    const lost = definitions.filter(({ metadata }) => metadata.name === name);
    await applyDefinitions(cluster.cluster.kubeconfig, lost);
    await waitFor("the kind Application", () =>
      cluster.api.list("argoproj.io/v1alpha1", "Application").catch(() => undefined),
    );
  });
  // The API server goes on naming a kind for a moment after its definition is deleted.
  await expect
    .poll(async () => failures(await find()), { interval: 500 })
    .toEqual([
      expect.stringMatching(
        /^delivery: objects: it has no Application in argoproj\.io\/v1alpha1, which 1 object needs fix: install Argo CD/,
      ),
    ]);
});

it("names a namespace that nobody makes, and an object of others", async () => {
  const item = {
    apiVersion: "onepassword.com/v1",
    kind: "OnePasswordItem",
    metadata: { name: "netbox-superuser", namespace: where },
    spec: { itemPath: "vaults/a/items/b" },
  };
  await cluster.applyAll([item]);
  repairs.push(() => cluster.api.delete(item));
  repairs.push(toClusterMode({ identifier, argocdNamespace: "nowhere" }));
  expect(failures(await find())).toEqual([
    expect.stringMatching(/objects: there is no namespace "nowhere" fix: kubectl create namespace/),
    expect.stringMatching(
      /OnePasswordItem doctor-netbox\/netbox-superuser exists and was not made by this stack/,
    ),
  ]);
});

it.skipIf(!hasKubectl)(
  "names the health checks that Argo CD lacks, and the command that adds them",
  async () => {
    const settings = {
      apiVersion: "v1",
      kind: "ConfigMap",
      metadata: { name: "argocd-cm", namespace: "argocd" },
      data: { "admin.enabled": "false" },
    };
    await cluster.applyAll([settings]);
    repairs.push(() => cluster.api.delete(settings));
    repairs.push(
      cluster.endpoint((endpoint) => {
        endpoint.context = "admin";
      }),
      cluster.bed.configure((config) => {
        config["berth:secrets"] = { vault: { address: "http://vault.tools:8200" } };
        const netbox = config["berth:apps"]["netbox"] as { secrets: object };
        Object.assign(netbox.secrets, { "netbox-config": { from: "vault" } });
      }),
    );
    const look = async (): Promise<Finding | undefined> =>
      (await find()).find(({ name }) => name === "Argo CD's health checks");
    const lacking = await look();
    expect([lacking?.status, lacking?.detail]).toEqual([
      "warning",
      "argocd-cm in argocd has no health check of Application, VaultConnection, VaultAuth, VaultStaticSecret: the next wave does not wait for them",
    ]);
    await execa(lacking?.fix ?? "", { shell: "bash", cwd: projectFolder });
    expect(await look()).toMatchObject({
      status: "ok",
      detail: "argocd-cm in argocd has what the waves need",
    });
    const { data } = (await cluster.read("v1", "ConfigMap", "argocd", "argocd-cm")) as {
      readonly data?: Readonly<Record<string, string>>;
    };
    expect(data?.["admin.enabled"]).toBe("false");
    expect(Object.keys(data ?? {})).toHaveLength(5);
  },
);

it("sees whether the operator is there and ready, for a user who may look", async () => {
  repairs.push(toClusterMode({ identifier, context: "admin" }));
  expect(listFindings(await find(), "warning")).toEqual([
    expect.stringMatching(
      /1Password operator: no Deployment of the cluster runs an image onepassword-operator fix: install/,
    ),
  ]);
  const labels = { app: "operator" };
  const operator: Manifest = {
    apiVersion: "apps/v1",
    kind: "Deployment",
    metadata: { name: "onepassword-connect-operator", namespace: where },
    spec: {
      selector: { matchLabels: labels },
      template: {
        metadata: { labels },
        spec: { containers: [{ name: "operator", image: "1password/onepassword-operator:1.8.1" }] },
      },
    },
  };
  await cluster.applyAll([operator]);
  repairs.push(() => cluster.api.delete(operator));
  expect(listFindings(await find(), "warning")).toEqual([
    expect.stringMatching(
      /Deployment onepassword-connect-operator in doctor-netbox has no ready Pod/,
    ),
  ]);
});
