import type { KubernetesObjectApi } from "@kubernetes/client-node";
import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import { stopInBackground } from "../../dev/background.ts";
import { readPorts, toFiles } from "../../dev/cluster/files.ts";
import {
  applyAll,
  type Manifest,
  namespace,
  openApi,
  readManifests,
} from "../../dev/cluster/objects.ts";
import {
  addAccount,
  bindAccount,
  requestToken,
  writePodFiles,
} from "../../dev/cluster/service-account.ts";
import { operatorAccount, startVaultOperator } from "../../dev/cluster/vault-operator.ts";
import { ensureVaultOperator } from "../../toolchain/cluster.ts";
import { buildingTime, VaultBed, whyNoLogin } from "../engine/vault-bed.ts";
import { readIfThere } from "./cluster-bed.ts";

/** The real Vault Secrets Operator on a real API server brings what a real Vault makes for an app. */

/** Seconds that a lease lasts, and can be renewed for. */
const [ttl, maxTtl] = [10, 20];
const patient = { timeout: 90_000, interval: 500 };
const home = "infra-recipes";

let bed: VaultBed;
let api: KubernetesObjectApi;
const cluster = toFiles(inject("cluster").home);

beforeAll(async () => {
  const operator = await ensureVaultOperator((line) => {
    process.stderr.write(`${line}\n`);
  });
  api = openApi(cluster.kubeconfig);
  const own = { namespace: "vault", name: "vault" };
  await addAccount(cluster, own);
  await applyAll(api, [bindAccount(own, "system:auth-delegator")]);
  const { apiServer } = readPorts(cluster) ?? { apiServer: 0 };
  bed = await VaultBed.open(
    {},
    {
      host: `https://127.0.0.1:${String(apiServer)}`,
      caFile: cluster.certificate,
      account: await writePodFiles(cluster, own),
    },
  );
  bed.configure((vault) => {
    Object.assign(vault, { refreshAfter: "1s" });
    Object.assign(vault.manage, { operator: {} });
  });
  bed.setApps({
    recipes: {
      credentials: "vault",
      owner: { keys: { DATABASE_URL: "${uri}?sslmode=${sslmode}", DB_USER: "${user}" } },
      vault: {
        restart: ["Deployment/recipes"],
        ttl: `${String(ttl)}s`,
        maxTtl: `${String(maxTtl)}s`,
        accounts: [`${home}/cron`, "tools/reader"],
      },
      secrets: { "recipes-config": { from: "vault" } },
    },
  });
  await bed.up();
  await bed.read({
    method: "POST",
    path: "kvv2/data/recipes/config",
    body: { data: { SECRET_KEY: "canary-of-recipes" } },
  });
  for (const name of ["recipes", "cron", "other"]) {
    await addAccount(cluster, { namespace: home, name });
  }
  await addAccount(cluster, { namespace: "tools", name: "recipes" });
  await addAccount(cluster, { namespace: "tools", name: "reader" });
  await startVaultOperator(cluster, operator);
}, buildingTime);

afterAll(async () => {
  await stopInBackground(cluster.pid("vault-operator"), "SIGKILL");
  await bed.close();
});

/** What `pulumi up` wrote for the operator, and the Deployment that it restarts. */
async function deliver(): Promise<void> {
  const written = readManifests(bed.bed.gitops);
  const ofVault = written.filter(({ apiVersion }) => apiVersion.startsWith("secrets.hashicorp"));
  const where = new Set(ofVault.map(({ metadata }) => metadata.namespace ?? ""));
  await applyAll(
    api,
    [...where].map((name) => namespace(name)),
  );
  await applyAll(api, [deployment, ...ofVault, toCacheAuth(ofVault)]);
}

/** The operator's own login to Vault, as its chart makes it. */
function toCacheAuth(written: readonly Manifest[]): Manifest {
  const connection = written.find(({ kind }) => kind === "VaultConnection")?.metadata;
  return {
    apiVersion: "secrets.hashicorp.com/v1beta1",
    kind: "VaultAuth",
    metadata: {
      name: "default-transit-auth",
      namespace: operatorAccount.namespace,
      labels: { cacheStorageEncryption: "true" },
    },
    spec: {
      vaultConnectionRef: `${connection?.namespace ?? ""}/${connection?.name ?? ""}`,
      method: "kubernetes",
      mount: "kubernetes",
      kubernetes: {
        role: "vault-secrets-operator",
        serviceAccount: operatorAccount.name,
        audiences: ["vault"],
      },
      storageEncryption: { mount: "transit", keyName: "vso-client-cache" },
    },
  };
}

const deployment: Manifest = {
  apiVersion: "apps/v1",
  kind: "Deployment",
  metadata: { name: "recipes", namespace: home },
  spec: {
    selector: { matchLabels: { app: "recipes" } },
    template: {
      metadata: { labels: { app: "recipes" } },
      spec: { containers: [{ name: "recipes", image: "recipes" }] },
    },
  },
};

const read = (apiVersion: string, kind: string, name: string) =>
  readIfThere(api, { apiVersion, kind, metadata: { namespace: home, name } });

async function secret(name: string): Promise<Record<string, string>> {
  const { data = {} } = ((await read("v1", "Secret", name)) ?? {}) as {
    data?: Record<string, string>;
  };
  return Object.fromEntries(
    Object.entries(data).map(([key, value]) => [key, Buffer.from(value, "base64").toString()]),
  );
}

const toLogin = ({ username = "", password = "" }: Record<string, string>) => ({
  id: "",
  name: username,
  password,
});

/** When the operator restarted the app for the last time. */
async function restartedAt(): Promise<string | undefined> {
  const found = await read("apps/v1", "Deployment", "recipes");
  const { template } = (found?.["spec"] ?? {}) as {
    template?: { metadata?: { annotations?: Record<string, string> } };
  };
  return template?.metadata?.annotations?.["vso.secrets.hashicorp.com/restartedAt"];
}

describe("the Kubernetes auth method", () => {
  const logIn = async (
    role: string,
    account: { namespace: string; name: string },
    audiences = ["vault"],
  ): Promise<number> => {
    const jwt = await requestToken(cluster, account, audiences);
    const path = "auth/kubernetes/login";
    return (await bed.ask({ method: "POST", path, body: { role, jwt } })).status;
  };

  it.each([
    ["its own account", "recipes", { namespace: home, name: "recipes" }],
    ["a further account beside it", "recipes", { namespace: home, name: "cron" }],
    ["a further account elsewhere", "recipes-tools", { namespace: "tools", name: "reader" }],
  ])("lets %s log in", async (_, role, account) => {
    expect(await logIn(role, account)).toBe(200);
  });

  it.each([
    ["another account beside it", "recipes", { namespace: home, name: "other" }],
    ["an account of its name elsewhere", "recipes", { namespace: "tools", name: "recipes" }],
    ["one that has another role", "recipes", { namespace: "tools", name: "reader" }],
    ["its name in the other role", "recipes-tools", { namespace: "tools", name: "recipes" }],
  ])("refuses %s", async (_, role, account) => {
    expect(await logIn(role, account)).toBe(403);
  });

  it("refuses a token for the API server", async () => {
    const account = { namespace: home, name: "recipes" };
    expect(await logIn("recipes", account, [])).toBe(403);
  });
});

describe("the operator", () => {
  it("brings the login with its keys, makes another in time, and restarts the app", async () => {
    await deliver();
    await expect
      .poll(() => secret("recipes-db-credentials"), patient)
      .toHaveProperty("DATABASE_URL");
    const first = await secret("recipes-db-credentials");
    const login = toLogin(first);
    expect(first["DB_USER"]).toBe(login.name);
    expect(first["DATABASE_URL"]).toBe(
      `postgresql://${login.name}:${login.password}@postgres-postgresql.db-postgres.svc.cluster.local:5432/recipes?sslmode=disable`,
    );
    expect(Object.keys(first).toSorted()).toEqual([
      "DATABASE_URL",
      "DB_USER",
      "password",
      "username",
    ]);
    expect(await whyNoLogin(bed.bed.sandbox, login, "recipes")).toBeUndefined();
    // A lease that can no longer be renewed ends, and there is a new login.
    const before = await restartedAt();
    await expect
      .poll(async () => (await secret("recipes-db-credentials"))["username"], patient)
      .not.toBe(login.name);
    await expect.poll(restartedAt, patient).not.toBe(before);
    const next = toLogin(await secret("recipes-db-credentials"));
    expect(await whyNoLogin(bed.bed.sandbox, next, "recipes")).toBeUndefined();
    await expect.poll(() => roles(login.name), patient).toEqual([]);
  });

  it("brings the settings, and new ones with a restart", async () => {
    await deliver();
    const key = async () => (await secret("recipes-config"))["SECRET_KEY"];
    await expect.poll(key, patient).toBe("canary-of-recipes");
    const before = await restartedAt();
    const body = { data: { SECRET_KEY: "another-canary" } };
    await bed.read({ method: "POST", path: "kvv2/data/recipes/config", body });
    await expect.poll(key, patient).toBe("another-canary");
    await expect.poll(restartedAt, patient).not.toBe(before);
    await bed.read({
      method: "POST",
      path: "kvv2/data/recipes/config",
      body: { data: { SECRET_KEY: "canary-of-recipes" } },
    });
  });

  it("keeps its own logins in the cluster as Vault has encrypted them", async () => {
    await deliver();
    const encrypted = async () => {
      const { items } = await api.list<Manifest>("v1", "Secret", operatorAccount.namespace);
      return items.filter(({ metadata }) => metadata.labels?.["encrypted"] === "true").length;
    };
    await expect.poll(encrypted, patient).toBeGreaterThan(0);
  });

  it("ends the lease when its object goes", async () => {
    await deliver();
    await expect.poll(() => secret("recipes-db-credentials"), patient).toHaveProperty("username");
    const [object] = readManifests(bed.bed.gitops).filter(
      ({ kind }) => kind === "VaultDynamicSecret",
    );
    if (object === undefined) throw new Error("there is no VaultDynamicSecret");
    await api.delete(object);
    await expect.poll(() => roles("v-%"), patient).toEqual([]);
  });
});

const roles = (like: string): Promise<object[]> =>
  bed.bed.sql(`select rolname from pg_roles where rolname like '${like}'`);
