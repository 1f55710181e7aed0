import { writeFileSync } from "node:fs";
import path from "node:path";
import { describe, expect, it } from "vitest";
import type { StackSpec } from "../../../components/config/spec.ts";
import { planClusterObjects } from "../../../components/delivery/cluster/objects.ts";
import { planManifests, planSharedManifests } from "../../../components/delivery/git/files.ts";
import type { KubernetesObject } from "../../../components/delivery/yaml.ts";
import { useFolder } from "../../fakes/folder.ts";
import { makeSpec } from "../../fakes/stack.ts";
import { issue } from "../../tunnel/certificate.ts";
import { toItemId } from "../stack.ts";

/** What brings certificates to apps, as values. What the Job does is in copy.test.ts. */

const folder = useFolder("ca");
const file = path.join(folder, "ca.pem");
const ca = issue("Test CA").cert;
writeFileSync(file, `Bag Attributes\n${ca}`);
const gitops = { directory: "../gitops", repoURL: "https://git.example.org/gitops.git" };
const workload = { git: { path: "apps/vault" } };
const certificate = { secret: "vault-env", key: "DB_ROOT_CERT" };
const entry = { workload, certificate };

function plan(vault: object = entry, source: object = { secret: "main-ca" }, more: object = {}) {
  const all = { gitops, cluster: { context: "home" }, ...more };
  return makeSpec({ vault }, { certificate: source }, "prod", all);
}

function filesOf(spec: StackSpec, index = 0) {
  const app = spec.apps[index];
  if (app === undefined) throw new Error("no app");
  return planManifests(spec, app, toItemId);
}

const objectsOf = (spec: StackSpec, name: string) =>
  filesOf(spec).find(({ logicalName }) => logicalName === name)?.objects ?? [];
const waveOf = ({ metadata }: KubernetesObject) =>
  Number(metadata.annotations?.["argocd.argoproj.io/sync-wave"]);
const show = ({ kind, metadata }: KubernetesObject) =>
  `${kind} ${metadata.namespace ?? ""}/${metadata.name}`;
const find = (objects: readonly KubernetesObject[], kind: string) =>
  objects.find((object) => object.kind === kind) as unknown as Record<string, unknown>;

describe("the Job that copies a certificate", () => {
  it("is in the app's namespace, after the Secrets and before the app", () => {
    const objects = objectsOf(plan(), "vault.certificate");
    expect(objects.map((object) => [show(object), waveOf(object)])).toEqual([
      ["ServiceAccount infra-vault/vault-certificate", -5],
      ["Role infra-vault/vault-certificate", -5],
      ["RoleBinding infra-vault/vault-certificate", -5],
      ["ConfigMap infra-vault/vault-certificate", -5],
      ["Job infra-vault/vault-certificate", -2],
    ]);
    expect(objects.at(-1)?.metadata.annotations).toMatchObject({
      "argocd.argoproj.io/hook": "Sync",
      "argocd.argoproj.io/hook-delete-policy": "BeforeHookCreation",
    });
    expect(JSON.stringify(objects)).not.toContain("ttlSecondsAfterFinished");
  });

  it("may read and patch the one Secret and restart what is named, and nothing more", () => {
    const restart = ["Deployment/a", "Deployment/b", "StatefulSet/c"];
    const spec = plan({ ...entry, certificate: { ...certificate, restart } });
    expect(find(objectsOf(spec, "vault.certificate"), "Role")["rules"]).toEqual([
      rule("", "secrets", ["vault-env"], ["get", "patch"]),
      rule("apps", "deployments", ["a", "b"], ["patch"]),
      rule("apps", "statefulsets", ["c"], ["patch"]),
    ]);
  });

  it("may read the one source in the database's namespace, and nothing more", () => {
    const ofSecret = objectsOf(plan(), "vault.certificate-source");
    expect(ofSecret.map(show)).toEqual([
      "Role db-postgres/vault-certificate-source",
      "RoleBinding db-postgres/vault-certificate-source",
    ]);
    expect(find(ofSecret, "Role")["rules"]).toEqual([rule("", "secrets", ["main-ca"], ["get"])]);
    expect(find(ofSecret, "RoleBinding")).toMatchObject({
      roleRef: { kind: "Role", name: "vault-certificate-source" },
      subjects: [{ kind: "ServiceAccount", name: "vault-certificate", namespace: "infra-vault" }],
    });
    const ofPods = objectsOf(plan(entry, { pods: ["a-0", "a-1"] }), "vault.certificate-source");
    expect(find(ofPods, "Role")["rules"]).toEqual([
      rule("", "pods/exec", ["a-0", "a-1"], ["get", "create"]),
    ]);
  });

  it("runs by the clock as well if the entry says so", () => {
    const spec = plan({ ...entry, certificate: { ...certificate, schedule: "17 * * * *" } });
    const objects = objectsOf(spec, "vault.certificate");
    const job = find(objects, "Job") as { spec: unknown };
    expect(find(objects, "CronJob")).toMatchObject({
      spec: { schedule: "17 * * * *", jobTemplate: { spec: job.spec } },
    });
  });

  it("is not started before what it needs in a cluster, and the app waits for it", () => {
    const spec = plan({ ...entry, delivery: "cluster", provisioner: "berth" });
    const [app] = spec.apps;
    if (app === undefined || spec.cluster === undefined) throw new Error("no app");
    const { job, applications } = planClusterObjects(spec, spec.cluster, app, toItemId);
    expect(job.map(show)).toEqual([
      "Role db-postgres/vault-certificate-source",
      "RoleBinding db-postgres/vault-certificate-source",
      "ServiceAccount infra-vault/vault-certificate",
      "Role infra-vault/vault-certificate",
      "RoleBinding infra-vault/vault-certificate",
      "ConfigMap infra-vault/vault-certificate",
      "Job infra-vault/vault-certificate",
    ]);
    expect(job.at(-1)?.metadata.annotations).toMatchObject({ "pulumi.com/replaceUnready": "true" });
    expect(applications.map(show)).toEqual(["Application argocd/vault"]);
  });

  it("is replaced by Flux, and by no annotation of Argo CD", () => {
    const flux = { gitops: { ...gitops, workloads: "flux" }, cluster: undefined };
    const objects = objectsOf(plan(entry, { secret: "main-ca" }, flux), "vault.certificate");
    expect(objects.at(-1)?.metadata.annotations).toEqual({
      "kustomize.toolkit.fluxcd.io/force": "enabled",
    });
  });

  it("is not undone by Argo CD, where the Secret is in Git", () => {
    const applicationOf = (spec: StackSpec) =>
      find(objectsOf(spec, "vault.application"), "Application") as {
        spec: { ignoreDifferences?: unknown; syncPolicy: { syncOptions: unknown } };
      };
    const { spec } = applicationOf(plan());
    expect(spec.ignoreDifferences).toEqual([
      {
        kind: "Secret",
        name: "vault-env",
        namespace: "infra-vault",
        jsonPointers: ["/data/DB_ROOT_CERT"],
      },
    ]);
    expect(spec.syncPolicy.syncOptions).toEqual([
      "CreateNamespace=true",
      "RespectIgnoreDifferences=true",
    ]);
    const own = { syncPolicy: { syncOptions: ["RespectIgnoreDifferences=true"] } };
    expect(applicationOf(plan({ ...entry, argocd: own })).spec.syncPolicy).toEqual(spec.syncPolicy);
    expect(applicationOf(plan({ workload })).spec).not.toHaveProperty("ignoreDifferences");
  });

  it("is allowed by the AppProjects that Berth makes", () => {
    const spec = plan(entry, { secret: "main-ca" }, { argocd: { appProject: { kinds: [] } } });
    const projects = planSharedManifests(spec, toItemId).flatMap(({ objects }) => objects);
    const kindsOf = (name: string): unknown =>
      (
        projects.find(({ kind, metadata }) => kind === "AppProject" && metadata.name === name) as
          | { spec: { namespaceResourceWhitelist: { kind: string }[] } }
          | undefined
      )?.spec.namespaceResourceWhitelist.map(({ kind }) => kind);
    expect(kindsOf("berth-prod")).toEqual(
      expect.arrayContaining(["Job", "ConfigMap", "ServiceAccount", "Role", "RoleBinding"]),
    );
    expect(kindsOf("berth-prod-db")).toEqual(expect.arrayContaining(["Role", "RoleBinding"]));
    expect(kindsOf("berth-prod-db")).not.toContain("Job");
  });

  it("is not there for an app without it", () => {
    expect(JSON.stringify(filesOf(plan({ workload })))).not.toContain("certificate");
  });
});

function rule(group: string, resource: string, names: string[], verbs: string[]) {
  return { apiGroups: [group], resources: [resource], resourceNames: names, verbs };
}

describe("the CA of the server", () => {
  const withCa = (given: object, apps: object = { vault: { workload } }) =>
    makeSpec(apps, { service: { ca: { file, ...given } } }, "prod", { gitops });
  const casOf = (spec: StackSpec, index = 0) =>
    filesOf(spec, index)
      .flatMap(({ objects }) => objects)
      .filter(({ metadata }) => metadata.name === "pg-ca") as unknown as readonly {
      kind: string;
      metadata: { namespace: string };
      data: Record<string, string>;
    }[];

  it("is in a ConfigMap of each namespace with a login, without what else is in the file", () => {
    const roles = { ro: { profile: "readonly", namespace: "readers" } };
    const found = casOf(withCa({ configMap: "pg-ca" }, { vault: { workload, roles } }));
    expect(found.map(({ kind, metadata }) => [kind, metadata.namespace])).toEqual([
      ["ConfigMap", "infra-vault"],
      ["ConfigMap", "readers"],
    ]);
    expect(found[0]?.data).toEqual({ "ca.crt": ca });
  });

  it("is in a Secret under another key, if a chart wants that", () => {
    const [found] = casOf(withCa({ secret: "pg-ca", key: "root.pem" }));
    expect(found?.kind).toBe("Secret");
    expect(Buffer.from(found?.data["root.pem"] ?? "", "base64").toString()).toBe(ca);
  });

  it("is once in a namespace that apps share", () => {
    const shared = { namespace: "tools", workload };
    const spec = withCa({ configMap: "pg-ca" }, { a: shared, b: shared });
    expect([casOf(spec, 0).length, casOf(spec, 1).length]).toEqual([1, 0]);
  });

  it("is tls.ca if no other file is named", () => {
    const postgres = { tls: { ca: file }, service: { ca: { configMap: "pg-ca" } } };
    expect(casOf(makeSpec({ vault: {} }, postgres, "prod", { gitops }))).toHaveLength(1);
  });

  it("is refused if the file has none, with the key of the stack file", () => {
    const spec = withCa({ configMap: "pg-ca", file: path.join(folder, "no.pem") });
    expect(() => casOf(spec)).toThrow(
      /does not exist[^]*correct berth:postgres\.service\.ca\.file/,
    );
  });
});
