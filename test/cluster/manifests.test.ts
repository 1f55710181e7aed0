import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import { parse } from "yaml";
import { parseStack } from "../../components/config/parse.ts";
import { KINDS } from "../../components/delivery/cluster/kinds.ts";
import { listObjects } from "../../components/delivery/cluster/objects.ts";
import { planStackDelivery } from "../../components/delivery/stack-delivery.ts";
import type { KubernetesObject } from "../../components/delivery/yaml.ts";
import { projectFolder } from "../../components/project-folder.ts";
import { NETBOX_VALUES } from "../delivery/netbox-values.ts";
import { writeStack } from "../fakes/stack.ts";
import { issue } from "../tunnel/certificate.ts";
import { tryStrictly } from "./strict.ts";

/** Everything that Berth can emit, against a real API server with the real definitions. */

const apps = {
  netbox: {
    secrets: { "netbox-superuser": ["username", "API Token"], "netbox-all": { fields: [] } },
    workload: {
      helm: { repoURL: "r.example.org", chart: "netbox", version: "1", values: NETBOX_VALUES },
    },
    roles: { ro: { profile: "readonly", namespace: "db-readers" } },
  },
  wiki: {
    delivery: "cluster",
    provisioner: "job",
    metadata: { all: { labels: { team: "x" } } },
    workload: {
      git: {
        path: "apps/wiki",
        configMap: "wiki-db",
        kustomize: {
          namePrefix: "a-",
          nameSuffix: "-b",
          namespace: "infra-wiki",
          images: ["a=b:1"],
          commonLabels: { a: "b" },
          commonAnnotations: { a: "b" },
          components: ["../c"],
          replicas: [{ name: "wiki", count: 2 }],
        },
      },
    },
  },
  docs: {
    workload: {
      helm: {
        repoURL: "r.example.org",
        chart: "docs",
        version: "1",
        releaseName: "d",
        valueFiles: ["$values/a.yaml"],
        ignoreMissingValueFiles: true,
      },
    },
    reclaimPolicy: "delete",
    argocd: {
      name: "the-docs",
      project: "docs",
      destination: { name: "edge" },
      finalizer: "background",
      syncPolicy: { automated: false, retry: false },
      ignoreDifferences: [
        {
          group: "apps",
          kind: "Deployment",
          name: "docs",
          namespace: "infra-docs",
          jsonPointers: ["/spec/replicas"],
          jqPathExpressions: [".spec.a"],
          managedFieldsManagers: ["kube-controller-manager"],
        },
      ],
    },
  },
  shop: {
    delivery: "cluster",
    secretsThrough: "external-secret",
    owner: {
      item: { title: "shop", vault: "Other", password: "PASS" },
      keys: "cnpg",
      type: "kubernetes.io/basic-auth",
      refreshInterval: "0h5m0s",
      creationPolicy: "Orphan",
    },
    workload: { helm: { repoURL: "r", chart: "shop", version: "1", values: { a: null } } },
  },
  blog: {
    secretsThrough: "external-secret",
    secrets: {
      "blog-all": { fields: [] },
      "blog-tls": {
        type: "kubernetes.io/tls",
        deletionPolicy: "Delete",
        keys: { "tls.crt": "crt", "tls.key": { item: "keys", vault: "Other", field: "key" } },
      },
      "blog-mail": { find: "^SMTP_", rewrite: [{ source: "^SMTP_", target: "MAIL_" }] },
    },
  },
  talk: { secrets: { "talk-tls": { type: "kubernetes.io/tls" } } },
  press: {
    owner: { keys: "cnpg" },
    credentials: "vault",
    vault: { restart: ["StatefulSet/press"], renewalPercent: 0 },
  },
  news: {
    credentials: "vault",
    secrets: { "news-config": { from: "vault" }, keys: { from: "vault", fields: ["tls.key"] } },
    vault: { restart: ["Deployment/news", "argo.Rollout/news-worker"] },
  },
  forum: { provisioner: "job", roles: { ro: { profile: "readonly" } } },
  safe: {
    certificate: {
      secret: "safe-env",
      key: "DB_ROOT_CERT",
      encoding: "base64",
      restart: ["Deployment/safe", "StatefulSet/worker"],
      schedule: "17 * * * *",
    },
  },
};
const caFile = path.join(mkdtempSync(path.join(tmpdir(), "berth-ca-")), "ca.pem");
writeFileSync(caFile, issue("Test CA").cert);
const pinned = {
  systemIdentifier: "7412",
  tls: { mode: "disable" },
  service: { ca: { configMap: "postgres-ca", file: caFile } },
  certificate: { pods: ["postgres-0"], container: "postgres" },
};
const gitops = { directory: "../gitops", repoURL: "https://git.example.org/gitops.git" };
const cluster = { context: "home" };
const host = "http://onepassword-connect.connect:8080";
const name = "onepassword-token";
const forAll = { connect: { host, tokenSecret: { namespace: "connect", name } } };
const deploy = { clients: ["external-secrets", "monitoring"], serviceMonitor: true };
const made = {
  connect: { deploy, tokenSecret: { namespace: "connect", name } },
  readers: ["developers"],
};
const forEach = { kind: "SecretStore", connect: { host, tokenSecret: { name } } };
const vault = { address: "https://vault.tools:8200", caSecret: "vault-ca", namespace: "admin" };

afterAll(() => {
  rmSync(path.dirname(caFile), { recursive: true });
});

/** Both modes, every way for Secrets, both kinds of store and of parent, as files and as applied. */
function listEmitted(): readonly KubernetesObject[] {
  return [
    ...listEmittedWith({ secrets: { store: forAll, vault }, argocd: { parent: "application" } }),
    ...listEmittedWith({
      secrets: { store: forEach, vault },
      argocd: { parent: "application-set", appProject: { clusterKinds: ["a.example.org/A"] } },
    }),
    ...listEmittedWith({
      apps: { wiki: { provisioner: "job", workload: { git: { path: "apps/wiki" } } } },
      gitops: { ...gitops, workloads: "flux", flux: { interval: "1h30m" } },
    }),
    ...listEmittedWith({
      secrets: { store: made, vault },
      postgres: {
        ...(writeStack({}, pinned)["postgres"] as object),
        service: { ca: { secret: "postgres-ca", file: caFile } },
        certificate: { secret: "main-ca" },
      },
    }),
  ];
}

function listEmittedWith(more: object): readonly KubernetesObject[] {
  const raw = { ...writeStack(apps, pinned), gitops, cluster, ...more };
  const spec = parseStack("prod", raw);
  const delivery = planStackDelivery(spec, ({ item }) => ({ vaultId: "v", itemId: item }));
  return [delivery.shared, ...spec.apps.map(delivery.ofApp)].flatMap((plan) => {
    if (plan === undefined) return [];
    return "files" in plan ? plan.files.flatMap(({ objects }) => objects) : listObjects(plan);
  });
}

/** In a namespace that exists: a dry run makes none. */
function settle(object: KubernetesObject): KubernetesObject {
  const { namespace } = object.metadata;
  if (namespace === undefined) return object;
  return { ...object, metadata: { ...object.metadata, namespace: "default" } };
}

/** Paths of the mappings in a value, as deep as keys are the definition's own. */
function listMappings(value: unknown, path: readonly string[] = []): (readonly string[])[] {
  if (typeof value !== "object" || value === null) return [];
  // What people write freely: Helm values, labels, and names of vaults.
  const free = [
    "valuesObject",
    "labels",
    "annotations",
    "commonLabels",
    "commonAnnotations",
    "vaults",
    "data",
    "templates",
    "requests",
    "limits",
    // A label that the Pods lack is refused for that.
    "matchLabels",
  ];
  if (free.includes(path.at(-1) ?? "")) return [];
  // A Service selects by labels alone.
  if (path.at(-1) === "selector" && !("matchLabels" in value)) return [];
  const inner = Object.entries(value).flatMap(([key, item]) => listMappings(item, [...path, key]));
  return Array.isArray(value) ? inner : [path, ...inner];
}

function withUnknownField(object: KubernetesObject, path: readonly string[]): KubernetesObject {
  const copy = structuredClone(object);
  let at = copy as unknown as Record<string, unknown>;
  for (const key of path) at = at[key] as Record<string, unknown>;
  at["berthTypo"] = "x";
  return copy;
}

describe("every manifest that Berth emits", () => {
  let emitted: readonly KubernetesObject[];

  beforeAll(() => {
    emitted = listEmitted().map(settle);
  });

  it("is of a kind in the table, and every kind of the table is among them", () => {
    const kinds = new Set(emitted.map(({ kind }) => kind));
    expect([...kinds].toSorted()).toEqual(KINDS.map(({ kind }) => kind).toSorted());
  });

  it("is accepted under strict field validation", async () => {
    for (const object of emitted) {
      const { status, message } = await tryStrictly(inject("cluster").kubeconfig, object);
      expect(`${String(status)} ${message}`, JSON.stringify(object)).toBe("201 ");
    }
  });

  it("is read by a Deployment as docs/secrets/in-the-pod.md has it", async () => {
    const page = readFileSync(path.join(projectFolder, "docs/secrets/in-the-pod.md"), "utf8");
    const [, text = ""] = /```yaml\n(apiVersion: [\s\S]*?)```/.exec(page) ?? [];
    const deployment = settle(parse(text) as KubernetesObject);
    const verdict = await tryStrictly(inject("cluster").kubeconfig, deployment);
    expect(verdict).toEqual({ status: 201, message: "" });
  });

  it("is refused with a field that its definition does not know, wherever that is", async () => {
    let tried = 0;
    const ofEachKind = new Map(
      emitted.map((object) => [JSON.stringify(listMappings(object)), object] as const),
    );
    for (const object of ofEachKind.values()) {
      for (const path of listMappings(object)) {
        const verdict = await tryStrictly(
          inject("cluster").kubeconfig,
          withUnknownField(object, path),
        );
        expect(verdict, `${object.kind} ${path.join(".")}`).toEqual({
          status: 400,
          message: expect.stringContaining("unknown field") as string,
        });
        tried += 1;
      }
    }
    expect(tried).toBeGreaterThan(30);
  });
});
