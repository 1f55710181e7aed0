import { writeFileSync } from "node:fs";
import path from "node:path";
import { KubeConfig, type KubernetesObjectApi } from "@kubernetes/client-node";
import { execa } from "execa";
import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import { planCertificateJob } from "../../components/delivery/certificates/job.ts";
import { toFiles } from "../../dev/cluster/files.ts";
import { applyAll, type Manifest, namespace, openApi } from "../../dev/cluster/objects.ts";
import { requestToken } from "../../dev/cluster/service-account.ts";
import { useFolder } from "../fakes/folder.ts";
import { makeSpec } from "../fakes/stack.ts";
import { issue } from "../tunnel/certificate.ts";

/**
 * The Job that copies a certificate, with the rights that Berth gives it, on a real API server: no pod runs here, so a
 * real token of its ServiceAccount goes to the command of its container. No kubelet runs commands in Pods, either, so
 * the source is a Secret, and the API server says what is allowed on Pods.
 */

const { home, kubeconfig } = inject("cluster");
const where = { db: "certificate-db", app: "certificate-app" };
const folder = useFolder("certificate");
const ca = issue("A CA").cert;
const account = "safe-certificate";
let api: KubernetesObjectApi;

function plan(source: object) {
  const restart = ["Deployment/safe"];
  const certificate = { secret: "safe-env", key: "DB_ROOT_CERT", restart };
  const gitops = { directory: "../gitops", repoURL: "https://git.example.org/gitops.git" };
  const postgres = { namespace: where.db, certificate: source };
  const apps = { safe: { namespace: where.app, certificate } };
  const spec = makeSpec(apps, postgres, "prod", { gitops });
  const [app] = spec.apps;
  if (app === undefined) throw new Error("no app");
  return planCertificateJob({ postgres: spec.postgres, app }, "argocd");
}

const toSecret = (name: string, at: string, data: object): Manifest => ({
  apiVersion: "v1",
  kind: "Secret",
  metadata: { name, namespace: at },
  data,
});

const toDeployment = (name: string): Manifest => ({
  apiVersion: "apps/v1",
  kind: "Deployment",
  metadata: { name, namespace: where.app },
  spec: {
    selector: { matchLabels: { app: name } },
    template: {
      metadata: { labels: { app: name } },
      spec: { containers: [{ name: "main", image: "example.org/x:1" }] },
    },
  },
});

async function read(object: Manifest): Promise<Manifest> {
  const { name, namespace: at } = object.metadata;
  return await api.read<Manifest>({ ...object, metadata: { name, namespace: at ?? "" } });
}

beforeAll(async () => {
  api = openApi(kubeconfig);
  await applyAll(api, [namespace(where.db), namespace(where.app)]);
  const data = { "ca.crt": Buffer.from(ca).toString("base64") };
  await applyAll(api, [
    toSecret("main-ca", where.db, data),
    toSecret("safe-env", where.app, { OTHER: "eA==" }),
    toDeployment("safe"),
  ]);
});

afterAll(async () => {
  for (const name of Object.values(where)) await api.delete(namespace(name));
});

/** Runs the Job as a pod would. */
async function run(own: readonly Manifest[]) {
  const config = new KubeConfig();
  config.loadFromFile(kubeconfig);
  config.setCurrentContext("admin");
  const token = path.join(folder, "token");
  writeFileSync(token, await requestToken(toFiles(home), { namespace: where.app, name: account }));
  const files = own.find(({ kind }) => kind === "ConfigMap")?.["data"] as Record<string, string>;
  for (const [name, text] of Object.entries(files)) writeFileSync(path.join(folder, name), text);
  const { exitCode, all } = await execa(process.execPath, ["copy.mjs"], {
    cwd: folder,
    env: {
      API_SERVER: config.getCurrentCluster()?.server ?? "",
      TOKEN_FILE: token,
      NODE_EXTRA_CA_CERTS: toFiles(home).certificate,
    },
    extendEnv: false,
    reject: false,
    all: true,
  });
  return { exitCode, output: all };
}

/** Whether the ServiceAccount may do this. */
async function may(verb: string, resource: string, name: string, at: string): Promise<boolean> {
  const [first = "", subresource] = resource.split("/");
  const group = first === "deployments" ? "apps" : "";
  const review = {
    apiVersion: "authorization.k8s.io/v1",
    kind: "SubjectAccessReview",
    metadata: {},
    spec: {
      user: `system:serviceaccount:${where.app}:${account}`,
      resourceAttributes: { verb, group, resource: first, subresource, name, namespace: at },
    },
  };
  const { status } = (await api.create(review)) as { status?: { allowed: boolean } };
  return status?.allowed === true;
}

describe("the Job that copies a certificate", () => {
  it("has the rights for what it does, and writes the key on a real API server", async () => {
    const { own, source } = plan({ secret: "main-ca" });
    await applyAll(api, [...own, ...source] as readonly Manifest[]);
    const { exitCode, output } = await run(own);
    expect(output).toContain(`Secret ${where.app}/safe-env, key DB_ROOT_CERT: written`);
    expect(output).toContain("Deployment safe: restarted");
    expect(exitCode).toBe(0);
    const { data } = await read(toSecret("safe-env", where.app, {}));
    const { DB_ROOT_CERT = "", OTHER } = data as Record<string, string>;
    expect(Buffer.from(DB_ROOT_CERT, "base64").toString()).toBe(ca);
    expect(OTHER).toBe("eA==");
    expect((await read(toDeployment("safe")))["spec"]).toMatchObject({
      template: {
        metadata: { annotations: { "berth/certificate": expect.any(String) as string } },
      },
    });
    expect((await run(own)).output).toContain("up to date");
  });

  it("has no other rights", async () => {
    expect(await may("get", "secrets", "main-ca", where.db)).toBe(true);
    for (const [verb, resource, name, at] of [
      ["get", "secrets", "postgres-admin", where.db],
      ["patch", "secrets", "main-ca", where.db],
      ["list", "secrets", "", where.app],
      ["get", "secrets", "other", where.app],
      ["delete", "secrets", "safe-env", where.app],
      ["create", "pods/exec", "pg-0", where.db],
      ["patch", "deployments", "other", where.app],
    ] as const) {
      expect(await may(verb, resource, name, at), `${verb} ${resource} ${name}`).toBe(false);
    }
  });

  it("may run commands in the Pods that are named, and in no others", async () => {
    const { source } = plan({ pods: ["pg-0"] });
    await applyAll(api, source);
    for (const verb of ["get", "create"]) {
      expect(await may(verb, "pods/exec", "pg-0", where.db)).toBe(true);
      expect(await may(verb, "pods/exec", "pg-1", where.db)).toBe(false);
      expect(await may(verb, "pods/exec", "pg-0", where.app)).toBe(false);
    }
    expect(await may("get", "secrets", "main-ca", where.db)).toBe(false);
    expect(await may("get", "pods", "pg-0", where.db)).toBe(false);
  });
});
