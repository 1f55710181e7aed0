import { describe, expect, it } from "vitest";
import type { AppSpec, StackSpec } from "../../../components/config/spec.ts";
import type { Application } from "../../../components/delivery/argocd/application.ts";
import {
  type ClusterPlan,
  listObjects,
  listOwned,
  planClusterObjects,
  planSharedClusterObjects,
} from "../../../components/delivery/cluster/objects.ts";
import { planManifests, planSharedManifests } from "../../../components/delivery/git/files.ts";
import { planStackDelivery } from "../../../components/delivery/stack-delivery.ts";
import type { KubernetesObject } from "../../../components/delivery/yaml.ts";
import { CLUSTER } from "../cluster.ts";
import { makeApp, makeRole, makeStack, NETBOX, toItemId } from "../stack.ts";

const reader = makeRole("wiki", {
  key: "reader",
  name: "wiki_reader",
  secretName: "wiki-reader",
  namespace: "bi",
});
const wiki = makeApp("wiki", {
  roles: [makeRole("wiki"), reader],
  workload: { kind: "git", repoURL: "r", path: "deploy", targetRevision: "v1" },
});
const stored = makeApp("stored", { secretsThrough: "external-secret" });
const vaulted = makeApp("vaulted", {
  roles: [makeRole("vaulted", { logins: [] })],
  vault: {
    role: "vaulted",
    serviceAccount: "vaulted",
    restart: [],
    login: {
      mount: "postgres",
      role: "vaulted",
      renewalPercent: 67,
      revoke: true,
      ttl: 3600,
      maxTtl: 86_400,
    },
    secrets: [
      {
        name: "config",
        namespace: "edge",
        mount: "kvv2",
        path: "vaulted/config",
        fields: [],
        generate: {},
      },
    ],
    namespaces: ["edge", "infra-vaulted"],
    policy: "vaulted",
    authRoles: [{ name: "vaulted", accounts: ["vaulted"], namespaces: ["edge", "infra-vaulted"] }],
    ci: undefined,
    adopt: false,
  },
});
const provisioned = makeApp("provisioned", { provisioner: "job" });
const stack = makeStack([NETBOX, wiki, makeApp("plain"), stored, vaulted, provisioned]);
const spec: StackSpec = {
  ...stack,
  postgres: { ...stack.postgres, systemIdentifier: "7" },
  cluster: CLUSTER,
  secrets: {
    through: "onepassword-item",
    refreshInterval: "1h0m0s",
    store: {
      kind: "SecretStore",
      name: "berth-prod",
      readers: [],
      connect: {
        host: "http://connect:8080",
        tokenNamespace: undefined,
        deploy: undefined,
        token: { name: "token", key: "token" },
      },
    },
    vault: {
      connection: "db-postgres/berth-prod",
      namespace: undefined,
      authMount: "kubernetes",
      server: { address: "http://vault:8200", caSecret: undefined },
      audiences: ["vault"],
      refreshAfter: "1m",
      inside: {
        half: "none",
        address: undefined,
        caFile: undefined,
        existing: [],
        kvMount: "kvv2",
        kubernetes: { host: "https://kubernetes.default.svc", caFile: undefined },
        database: { user: "vault", item: undefined, host: "db", port: 5432 },
        operator: undefined,
        ci: undefined,
        readers: [],
      },
    },
  },
};

const plan = (app: AppSpec, cluster = CLUSTER): ClusterPlan =>
  planClusterObjects(spec, cluster, app, toItemId);

/** Without what marks an object as applied by a stack. */
function withoutIdentity(object: KubernetesObject): KubernetesObject {
  const annotations = Object.entries(object.metadata.annotations ?? {}).filter(
    ([key]) =>
      !/^(pulumi\.com|argocd\.argoproj\.io\/(sync-options|compare-options|hook))/.test(key),
  );
  return {
    ...object,
    metadata: { ...object.metadata, annotations: Object.fromEntries(annotations) },
  };
}

/** Git mode's objects without those that stand for the Git tree. */
function listGitObjects(
  { gitops }: StackSpec,
  files: readonly { objects: readonly KubernetesObject[] }[],
) {
  const isTree = (source: { repoURL: string }) => source.repoURL === gitops?.repoURL;
  return files
    .flatMap(({ objects }) => objects)
    .flatMap((object) => {
      if (object.kind !== "Application") return [object];
      const { spec: of, ...rest } = object as Application;
      const { source, sources, ...others } = of;
      const left = [...(source === undefined ? [] : [source]), ...(sources ?? [])].filter(
        (one) => !isTree(one),
      );
      return left.length === 0 ? [] : [{ ...rest, spec: { ...others, source: left[0] } }];
    });
}

const byName = (a: KubernetesObject, b: KubernetesObject): number =>
  JSON.stringify([a.kind, a.metadata]) < JSON.stringify([b.kind, b.metadata]) ? -1 : 1;

describe("cluster mode", () => {
  it.each(spec.apps.map((app) => [app.name, app] as const))(
    "applies for %s the objects of Git mode, without those that stand for the tree",
    (_, app) => {
      const applied = listOwned(plan(app)).map(withoutIdentity).toSorted(byName);
      const written = listGitObjects(spec, planManifests(spec, app, toItemId));
      expect(written.length).toBeGreaterThan(1);
      expect(applied).toEqual(written.map(withoutIdentity).toSorted(byName));
    },
  );

  it("applies what the apps share, and no Application for it", () => {
    const shared = listObjects(planSharedClusterObjects(spec, CLUSTER, toItemId)).map(
      withoutIdentity,
    );
    expect(shared.map(({ kind }) => kind).toSorted()).toEqual([
      "OnePasswordItem",
      "SecretStore",
      "VaultConnection",
    ]);
    expect(shared.toSorted(byName)).toEqual(
      listGitObjects(spec, planSharedManifests(spec, toItemId)).toSorted(byName),
    );
  });

  it("makes the namespaces that Secrets go to, and the app's, and never the database's", () => {
    expect(plan(wiki).namespaces.map(({ metadata }) => metadata.name)).toEqual([
      "bi",
      "infra-wiki",
    ]);
    expect(planSharedClusterObjects(spec, CLUSTER, toItemId).namespaces).toEqual([]);
    expect(plan(wiki, { ...CLUSTER, createNamespaces: false }).namespaces).toEqual([]);
  });

  it("marks every object as the stack's, and asks Argo CD to leave it alone", () => {
    for (const object of listObjects(plan(NETBOX))) {
      expect(object.metadata.annotations).toMatchObject({
        "pulumi.com/patchFieldManager": "berth-prod",
        "pulumi.com/patchForce": "true",
        "argocd.argoproj.io/sync-options": "Prune=false,Delete=false",
        "argocd.argoproj.io/compare-options": "IgnoreExtraneous",
      });
    }
  });

  it("gives no workload a finalizer by which Argo CD would delete what it runs", () => {
    expect(JSON.stringify(plan(NETBOX).applications)).not.toContain("finalizer");
  });
});

describe("a stack with both places", () => {
  it("sends each app to its own, and what they share to Git", () => {
    const apps = [NETBOX, { ...wiki, delivery: "cluster" } as const];
    const delivery = planStackDelivery({ ...spec, apps }, toItemId);
    expect(delivery.applied).toEqual([delivery.ofApp(wiki)]);
    expect(delivery.ofApp(NETBOX)).toHaveProperty("files");
    expect(delivery.shared).toHaveProperty("files");
  });

  it("fails when a file and an applied object are one object", () => {
    const apps = [
      makeApp("a"),
      { ...makeApp("a-db-provisioner", { workload: wiki.workload }), delivery: "cluster" } as const,
    ];
    expect(() => planStackDelivery({ ...spec, apps }, toItemId)).toThrow(
      "Application.argoproj.io argocd/a-db-provisioner is in argocd/apps/db/a-db-provisioner.yml and in the objects that are applied",
    );
  });
});
