import { beforeAll, expect, test } from "vitest";
import { App } from "../components/app.ts";
import { BerthProvider } from "../components/berth-provider.ts";
import { parseStack } from "../components/config/parse.ts";
import { planStackDelivery } from "../components/delivery/stack-delivery.ts";
import { Credential } from "../components/onepassword/credential.ts";
import { planDatabase } from "../components/postgres/plan/plan.ts";
import { createRegistryProvider } from "../components/postgres/registry/provider.ts";
import { createOwnershipRole } from "../components/postgres/registry/stack.ts";
import { makeVerifiers } from "../components/postgres/verifier.ts";
import { PulumiEngine, valueOf } from "./fakes/pulumi-engine.ts";
import { writeStack } from "./fakes/stack.ts";

const engine = new PulumiEngine();
const canary = "canary-plaintext";

beforeAll(async () => {
  await engine.start();
});

async function registerApp(gitops?: { directory: string; repoURL: string }) {
  const written = writeStack({ netbox: { roles: { ro: { profile: "readonly" } } } });
  const spec = parseStack("prod", { ...written, ...(gitops === undefined ? {} : { gitops }) });
  const [app] = spec.apps;
  if (app === undefined) throw new Error("the stack has no app");
  const credential = (role: { name: string }) => new Credential(role.name, canary);
  const delivery = planStackDelivery(spec, ({ item }) => ({
    vaultId: "vault-id",
    itemId: `id-of-${item}`,
  }));
  const postgresql = createRegistryProvider(
    "postgresql",
    spec.postgres,
    new Credential("admin", canary),
  );
  const created = new App(
    app.name,
    {
      app,
      database: {
        plan: planDatabase(app, spec.postgres),
        verifiers: await makeVerifiers(app.roles, credential),
        exists: () => false,
        after: createOwnershipRole(spec.postgres, false, { provider: postgresql }),
      },
      delivery: delivery.ofApp(app),
    },
    { postgresql, berth: new BerthProvider("berth") },
  );
  return { registrations: await engine.settleInOrder(), created };
}

const gitops = { directory: "../gitops", repoURL: "https://git.example.org/gitops.git" };

test("an app is its database and then its manifests, which wait for the database", async () => {
  const { registrations } = await registerApp(gitops);
  const own = registrations
    .filter(({ type, parent }) => parent === undefined && !type.startsWith("pulumi:providers:"))
    .map(({ type, name }) => `${type}::${name}`);
  expect(own).toEqual([
    "postgresql:index/role:Role::marker",
    "berth:postgres:StockDatabase::netbox",
    "berth:delivery:AppDelivery::netbox",
  ]);
  const types = registrations.map(({ type }) => type.split(":")[0] ?? "");
  const delivery = registrations.findIndex(({ type }) => type === "berth:delivery:AppDelivery");
  expect(types.lastIndexOf("postgresql")).toBeLessThan(delivery);
  expect(registrations[delivery]?.dependsOn).toEqual(
    registrations
      .filter(({ parent }) => parent === "berth:postgres:StockDatabase::netbox")
      .map(({ type, name }) => `${type}::${name}`)
      .toSorted(),
  );
  const files = registrations.filter(({ type }) => type === "berth:index:ManifestFile");
  expect(files.map(({ name }) => name)).toEqual([
    "netbox.provisioner",
    "netbox.db-items",
    "netbox.application",
    "netbox.items.infra-netbox",
  ]);
  for (const file of files) {
    expect(file.parent).toBe("berth:delivery:AppDelivery::netbox");
    expect(file.provider).toBe("pulumi:providers:berth::berth");
    expect(file.secrets).toEqual([]);
  }
});

test("no registration holds a plaintext password, secret or not, nor do the outputs", async () => {
  const { registrations, created } = await registerApp(gitops);
  const requested = registrations.filter(({ type }) => type !== "pulumi:providers:postgresql");
  expect(requested.length).toBeGreaterThan(10);
  expect(JSON.stringify(requested)).not.toContain(canary);
  const verifiers = requested.filter(({ inputs }) => "password" in inputs);
  expect(verifiers.map(({ name, secrets }) => [name, secrets])).toEqual([
    ["netbox-owner", ["password"]],
    ["netbox-ro", ["password"]],
  ]);
  expect(JSON.stringify(await valueOf(created.summary))).not.toContain(canary);
});

test("the summary says where everything is", async () => {
  const { created } = await registerApp(gitops);
  expect(await valueOf(created.summary)).toEqual({
    database: "netbox",
    roles: [
      { name: "netbox", profile: "owner", secret: "infra-netbox/netbox-db-credentials" },
      { name: "netbox_ro", profile: "readonly", secret: "infra-netbox/netbox-ro-db-credentials" },
    ],
    manifests: [
      "argocd/apps/db/netbox-db-provisioner.yml",
      "k8s/db-provisioning/netbox/00-onepassworditems-db-postgres.yaml",
      "argocd/apps/infra/netbox.yml",
      "k8s/infra/netbox/00-onepassworditems-infra-netbox.yaml",
    ],
  });
});

test("a stack without a GitOps repository has no delivery", async () => {
  const { registrations } = await registerApp();
  expect(registrations.filter(({ type }) => type.startsWith("berth:delivery"))).toEqual([]);
});

test("an app waits for those whose roles its roles are members of", async () => {
  const spec = parseStack(
    "prod",
    writeStack({ crm: { owner: { memberOf: ["shop"] } }, shop: {}, wiki: null }),
  );
  const providers = { berth: new BerthProvider("berth") };
  const [shop, crm] = spec.apps.map((app) => {
    const plan = planDatabase(app, spec.postgres);
    const { ownershipRole } = spec.postgres;
    const more = { reclaimPolicy: app.reclaimPolicy, recreate: false, after: undefined };
    const database = { plan, verifiers: new Map<string, string>(), ownershipRole, ...more };
    return (after: readonly App[]) =>
      new App(
        app.name,
        { app, database, delivery: undefined, after: after.flatMap(({ roles }) => roles ?? []) },
        providers,
      );
  });
  crm?.(shop === undefined ? [] : [shop([])]);
  const made = await engine.settle();
  const found = made.filter(({ type }) => type === "berth:postgres:AppDatabase");
  expect(found.map(({ name, dependsOn }) => [name, dependsOn])).toEqual([
    ["crm", ["berth:postgres:AppDatabase::shop"]],
    ["shop", []],
  ]);
});
