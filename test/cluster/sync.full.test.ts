import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { PatchStrategy } from "@kubernetes/client-node";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { parse, stringify } from "yaml";
import type { Manifest } from "../../dev/cluster/objects.ts";
import { commitAll, initCheckout } from "../fakes/checkout.ts";
import { useFolder } from "../fakes/folder.ts";
import { hasGo, useGoBinary } from "../fakes/go-program.ts";
import { installation } from "./argocd-controller.ts";
import { ClusterBed } from "./cluster-bed.ts";
import { type Controller, startController } from "./controller.ts";

/**
 * Argo CD's own application controller and repository server sync what `pulumi up` wrote into a checkout, in the order
 * of the waves, with the health checks that Berth prints. Left out where there is no Go.
 */

interface Application extends Manifest {
  readonly metadata: Manifest["metadata"] & { readonly annotations?: Record<string, string> };
  readonly status?: {
    readonly sync?: { readonly status: string };
    readonly health?: { readonly status: string };
    readonly conditions?: readonly { readonly message: string }[];
    readonly reconciledAt?: string;
    readonly operationState?: {
      readonly phase: string;
      readonly message: string;
      readonly finishedAt?: string;
    };
  };
}

const done = "Synced Healthy Succeeded";
const program = useGoBinary("delivery/argocd/judge", "./controller");
const argocd = "sync-argocd";
const database = "sync-db";
const scratch = useFolder("sync");

let cluster: ClusterBed;
let controller: Controller;

/** What a person does after `up`. */
const commit = (): Promise<void> => commitAll(cluster.bed.gitops, "m");

const read = (name: string): Promise<Application | undefined> =>
  cluster.read("argoproj.io/v1alpha1", "Application", argocd, name);

async function list(): Promise<readonly Application[]> {
  const { items } = await cluster.api.list<Application>(
    "argoproj.io/v1alpha1",
    "Application",
    argocd,
  );
  return items;
}

/** Each Application with its state, for a person to compare. */
async function describeAll(): Promise<Readonly<Record<string, string>>> {
  const states = (await list()).map(({ metadata, status }) => [
    metadata.name,
    [status?.sync?.status, status?.health?.status, status?.operationState?.phase].join(" "),
  ]);
  return Object.fromEntries(states) as Record<string, string>;
}

/** As `argocd app get --hard-refresh`; returns when Argo CD has compared. */
async function refresh(name: string): Promise<void> {
  const key = "argocd.argoproj.io/refresh";
  await merge("Application", { name, namespace: argocd, annotations: { [key]: "hard" } });
  await expect.poll(async () => (await read(name))?.metadata.annotations?.[key]).toBeUndefined();
}

async function merge(kind: "Application" | "OnePasswordItem", metadata: object): Promise<void> {
  const apiVersion = kind === "Application" ? "argoproj.io/v1alpha1" : "onepassword.com/v1";
  const patch = { apiVersion, kind, metadata };
  const how = PatchStrategy.MergePatch;
  await cluster.api.patch(patch, undefined, undefined, "by-hand", undefined, how);
}

/** What Kubernetes' garbage collector does, which this cluster lacks: ends deletions in the foreground. */
async function collectGarbage(): Promise<void> {
  const items = await cluster.api.list<Manifest>("onepassword.com/v1", "OnePasswordItem", database);
  for (const { kind, metadata } of [
    ...(await list()).map(({ metadata }) => ({ kind: "Application", metadata }) as const),
    ...items.items.map(({ metadata }) => ({ kind: "OnePasswordItem", metadata }) as const),
  ]) {
    const { name, namespace, finalizers = [] } = metadata as Listed;
    const left = finalizers.filter((one) => one !== "foregroundDeletion");
    if (left.length === finalizers.length) continue;
    await merge(kind, { name, namespace, finalizers: left });
  }
}

interface Listed {
  readonly name: string;
  readonly namespace: string;
  readonly finalizers?: readonly string[];
}

/** What the stack's apps run, in the same repository. */
function writeWorkload(): void {
  const folder = path.join(cluster.bed.gitops, "apps", "wiki");
  mkdirSync(folder, { recursive: true });
  const labels = { app: "wiki" };
  const settings = { apiVersion: "v1", kind: "ConfigMap", metadata: { name: "wiki" }, data: {} };
  const pod = {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name: "wiki", labels },
    spec: { nodeName: "node-0", containers: [{ name: "wiki", image: "wiki" }] },
  };
  writeFileSync(
    path.join(folder, "wiki.yaml"),
    [settings, pod].map((one) => stringify(one)).join("---\n"),
  );
}

beforeAll(async () => {
  if (!hasGo) return;
  cluster = await ClusterBed.open(database);
  const { bed } = cluster;
  await initCheckout(bed.gitops);
  for (const name of ["wiki", "docs"]) {
    await bed.addLogin(`${name}-db-credentials`, name, `${name}-password-of-a-test-0123`);
  }
  bed.configure((config) => {
    config["berth:postgres"]["namespace"] = database;
    const { directory } = config["berth:gitops"] as { directory: string };
    config["berth:gitops"] = {
      directory: `${directory}/clusters/home`,
      repoURL: `file://${bed.gitops}`,
      argocdNamespace: argocd,
    };
    config["berth:argocd"] = { parent: "application", appProject: true, names: "sync-${name}" };
    config["berth:apps"] = {
      docs: { namespace: "sync-docs" },
      wiki: { namespace: "sync-wiki", workload: { git: { path: "apps/wiki" } } },
    };
  });
  writeWorkload();
  await bed.bringUp();
  await commit();
  await cluster.applyAll(installation(argocd));
  const { kubeconfig } = cluster.cluster;
  controller = startController([program, argocd], { kubeconfig, folder: scratch });
  await cluster.applyAll([
    parse(
      readFileSync(path.join(bed.gitops, "clusters/home/argocd/berth-dev.yml"), "utf8"),
    ) as Manifest,
  ]);
}, 1_200_000);

afterAll(async () => {
  if (!hasGo) return;
  controller.kill();
  await controller;
  await cluster.close();
});

describe.skipIf(!hasGo)("Argo CD", () => {
  it("waits with the apps until the admin's Secret is there", async () => {
    await expect
      .poll(async () => (await read("berth-dev"))?.status?.operationState?.message ?? "", {
        timeout: 120_000,
      })
      .toContain("waiting for healthy state of argoproj.io/Application/sync-postgres-admin");
    expect(await describeAll()).toEqual({
      "berth-dev": expect.stringContaining("Running") as string,
      "sync-postgres-admin": expect.stringContaining("Progressing") as string,
    });
  });

  it("syncs everything once the operator makes the Secrets, and each Application is healthy", async () => {
    await cluster.startOperator();
    await expect
      .poll(describeAll, { timeout: 240_000, interval: 500 })
      .toEqual(
        Object.fromEntries(
          [
            "berth-dev",
            "sync-postgres-admin",
            ...["docs", "wiki"].flatMap((app) => [`sync-${app}-db-provisioner`, `sync-${app}`]),
          ].map((name) => [name, done]),
        ),
      );
    for (const app of ["docs", "wiki"]) {
      expect(await cluster.secret(`sync-${app}`, `${app}-db-credentials`)).toMatchObject({
        username: app,
      });
    }
    expect(await cluster.read("v1", "Pod", "sync-wiki", "wiki")).toBeDefined();
  });

  it("finds no difference when it compares again, and syncs nothing", async () => {
    const names = (await list()).map(({ metadata }) => metadata.name);
    const finished = () =>
      Promise.all(
        names.map(async (name) => (await read(name))?.status?.operationState?.finishedAt),
      );
    const before = await finished();
    for (const name of names) await refresh(name);
    expect(Object.values(await describeAll())).toEqual(names.map(() => done));
    expect(await finished()).toEqual(before);
  });

  it("deletes what an app had in the database's namespace when it leaves, and keeps its workload", async () => {
    const folder = path.join(cluster.bed.gitops, "clusters/home/k8s/infra/docs");
    writeFileSync(path.join(folder, "kustomization.yaml"), "resources: [mine.yaml]\n");
    cluster.bed.configure((config) => {
      delete config["berth:apps"]["wiki"];
    });
    expect(await cluster.bed.bringUp()).toContain(
      "add to k8s/infra/docs/kustomization.yaml under resources: `- 00-onepassworditems-sync-docs.yaml`",
    );
    rmSync(path.join(folder, "kustomization.yaml"));
    await commit();
    await refresh("berth-dev");
    await expect
      .poll(
        async () => {
          await collectGarbage();
          return Object.keys(await describeAll());
        },
        { timeout: 120_000, interval: 500 },
      )
      .toEqual(["berth-dev", "sync-docs", "sync-docs-db-provisioner", "sync-postgres-admin"]);
    const item = ["onepassword.com/v1", "OnePasswordItem"] as const;
    expect(await cluster.read(...item, database, "wiki-db-credentials")).toBeUndefined();
    expect(await cluster.read(...item, "sync-wiki", "wiki-db-credentials")).toBeDefined();
    expect(await cluster.read("v1", "Pod", "sync-wiki", "wiki")).toBeDefined();
  });
});
