import { mkdtempSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { App } from "../../../components/app.ts";
import { BerthProvider } from "../../../components/berth-provider.ts";
import { parseStack } from "../../../components/config/parse.ts";
import { openCluster } from "../../../components/delivery/open-cluster.ts";
import { planStackDelivery } from "../../../components/delivery/stack-delivery.ts";
import { planDatabase } from "../../../components/postgres/plan/plan.ts";
import { PulumiEngine, valueOf } from "../../fakes/pulumi-engine.ts";
import { writeStack } from "../../fakes/stack.ts";

/** The resources of cluster mode on a fake engine; the API server answers what `answers` says. */

const engine = new PulumiEngine();
const plainTls = { tls: { mode: "disable" } };
const answers = new Map<string, unknown>();
const requested: string[] = [];
let server: Server;
let kubeconfig: string;

beforeAll(async () => {
  await engine.start();
  server = createServer((request, response) => {
    requested.push(`${request.method ?? ""} ${request.url ?? ""}`);
    const answer = answers.get(request.url ?? "");
    response.statusCode = answer === undefined ? 404 : 200;
    response.end(JSON.stringify(answer ?? { kind: "Status", message: "not found" }));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  kubeconfig = join(mkdtempSync(join(tmpdir(), "berth-kubeconfig-")), "config");
  const config = {
    apiVersion: "v1",
    kind: "Config",
    "current-context": "somewhere-else",
    clusters: [{ name: "c", cluster: { server: `http://127.0.0.1:${String(port)}` } }],
    users: [{ name: "u", user: { token: "t" } }],
    contexts: [{ name: "home", context: { cluster: "c", user: "u" } }],
  };
  writeFileSync(kubeconfig, JSON.stringify(config));
});

afterAll(() => {
  server.close();
});

beforeEach(() => {
  answers.clear();
  requested.length = 0;
  const found = (uid: string) => ({ metadata: { uid } });
  answers.set("/api/v1/namespaces/kube-system", found("uid-of-home"));
  answers.set("/api/v1/namespaces/db-postgres", found("1"));
  answers.set("/api/v1/namespaces/argocd", found("2"));
  answers.set("/apis/onepassword.com/v1", { resources: [{ name: "onepassworditems" }] });
  answers.set("/apis/argoproj.io/v1alpha1", { resources: [{ name: "applications" }] });
});

async function registerApp(provisioner: "berth" | "job" = "berth") {
  const workload = { git: { path: "apps/netbox", repoURL: "https://git.example.org/apps.git" } };
  const spec = parseStack("prod", {
    ...writeStack({ netbox: { workload, provisioner } }, { systemIdentifier: "7412", ...plainTls }),
    cluster: { kubeconfig, context: "home" },
  });
  const [app] = spec.apps;
  if (app === undefined) throw new Error("the stack has no app");
  const planned = planStackDelivery(spec, ({ item }) => ({ vaultId: "v", itemId: item }));
  const { delivery, providers } = await openCluster(spec, planned);
  const created = new App(
    app.name,
    {
      app,
      database:
        provisioner === "job"
          ? undefined
          : {
              plan: planDatabase(app, spec.postgres),
              verifiers: new Map([["owner", "SCRAM-SHA-256$…"]]),
              ownershipRole: spec.postgres.ownershipRole,
              reclaimPolicy: app.reclaimPolicy,
              recreate: false,
              after: undefined,
            },
      delivery: delivery.ofApp(app),
    },
    { berth: new BerthProvider("berth"), ...providers },
  );
  return { created, registrations: await engine.settleInOrder() };
}

test("an app's objects are one resource each, of the stack's own provider, after its database", async () => {
  const { created, registrations } = await registerApp();
  const objects = registrations.filter(({ type }) => type.startsWith("kubernetes:"));
  expect(objects.map(({ type, name }) => `${type}::${name}`)).toEqual([
    "kubernetes:core/v1:Namespace::netbox.infra-netbox",
    "kubernetes:onepassword.com/v1:OnePasswordItem::db-postgres/netbox-db-credentials",
    "kubernetes:onepassword.com/v1:OnePasswordItem::infra-netbox/netbox-db-credentials",
    "kubernetes:argoproj.io/v1alpha1:Application::argocd/netbox",
  ]);
  for (const object of objects) {
    expect(object.parent).toBe("berth:delivery:ClusterDelivery::netbox");
    expect(object.provider).toBe("pulumi:providers:kubernetes::kubernetes");
    expect(object.secrets).toEqual([]);
  }
  const component = registrations.find(({ type }) => type === "berth:delivery:ClusterDelivery");
  expect(component?.dependsOn).toEqual(["berth:postgres:AppDatabase::netbox"]);
  const [namespace, , item, application] = objects;
  expect(namespace?.retainOnDelete).toBe(true);
  expect(item?.retainOnDelete).toBe(false);
  expect(item?.dependsOn).toContain("kubernetes:core/v1:Namespace::netbox.infra-netbox");
  expect(application?.dependsOn).toContain(
    "kubernetes:onepassword.com/v1:OnePasswordItem::infra-netbox/netbox-db-credentials",
  );
  expect((await valueOf(created.summary)).manifests).toEqual([
    "Namespace infra-netbox",
    "OnePasswordItem db-postgres/netbox-db-credentials",
    "OnePasswordItem infra-netbox/netbox-db-credentials",
    "Application argocd/netbox",
  ]);
});

test("a Job comes after its Secrets and files, and in place of Berth's own database; the Application waits for it", async () => {
  const { created, registrations } = await registerApp("job");
  expect(registrations.filter(({ type }) => type.startsWith("berth:postgres"))).toEqual([]);
  const [job] = registrations.filter(({ type }) => type === "kubernetes:batch/v1:Job");
  expect(job?.name).toBe("db-postgres/netbox-db-provision");
  expect(job?.dependsOn).toEqual(
    expect.arrayContaining([
      "kubernetes:onepassword.com/v1:OnePasswordItem::db-postgres/netbox-db-credentials",
      "kubernetes:core/v1:ConfigMap::db-postgres/netbox-db-provisioner",
      "kubernetes:core/v1:ServiceAccount::db-postgres/netbox-db-provisioner",
    ]),
  );
  const [application] = registrations.filter(({ type }) => type.endsWith(":Application"));
  expect(application?.dependsOn).toContain(
    "kubernetes:batch/v1:Job::db-postgres/netbox-db-provision",
  );
  expect(await valueOf(created.summary)).toMatchObject({ database: "netbox" });
});

test("the provider is of the context that the stack names, by the cluster's identifier", async () => {
  const { registrations } = await registerApp();
  const provider = registrations.find(({ type }) => type === "pulumi:providers:kubernetes");
  expect(provider?.inputs).toEqual({
    clusterIdentifier: "uid-of-home",
    context: "home",
    enableServerSideApply: "true",
    kubeconfig,
  });
});

test("a namespace that others made is no resource", async () => {
  answers.set("/api/v1/namespaces/infra-netbox", {
    metadata: { managedFields: [{ manager: "argocd-controller" }] },
  });
  const { registrations } = await registerApp();
  expect(registrations.filter(({ type }) => type.endsWith(":Namespace"))).toEqual([]);
  expect(registrations.filter(({ type }) => type.endsWith(":OnePasswordItem"))).toHaveLength(2);
});

test("fails before anything is registered, and only reads until then", async () => {
  answers.delete("/apis/onepassword.com/v1");
  const application = "/apis/argoproj.io/v1alpha1/namespaces/argocd/applications/netbox";
  answers.set(application, { metadata: { managedFields: [{ manager: "helm" }] } });
  await expect(registerApp()).rejects.toThrow(
    /2 problems\n {2}- it has no OnePasswordItem.*\n.*\n {2}- Application argocd\/netbox exists/,
  );
  expect(await engine.settleInOrder()).toEqual([]);
  expect(requested.length).toBeGreaterThan(5);
  expect(requested.filter((request) => !request.startsWith("GET "))).toEqual([]);
});
