import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import type { AppSpec } from "../../../components/config/spec.ts";
import { planManifests, planSharedManifests } from "../../../components/delivery/git/files.ts";
import type { ManifestPlan } from "../../../components/delivery/git/manifest-plan.ts";
import { makeApp, makeRole, makeStack, NETBOX, toItemId, usualSettings } from "../stack.ts";

const planApp = (app: AppSpec) => planManifests(makeStack([app]), app, toItemId);
const find = (files: readonly ManifestPlan[], path: string) =>
  files.find((file) => file.path === path)?.content;

describe("the tree of one app", () => {
  it("has its files where the operators look for them", () => {
    expect(planApp(NETBOX).map(({ logicalName, path }) => [logicalName, path])).toEqual([
      ["netbox.provisioner", "argocd/apps/db/netbox-db-provisioner.yml"],
      ["netbox.db-items", "k8s/db-provisioning/netbox/00-onepassworditems-db-postgres.yaml"],
      ["netbox.application", "argocd/apps/infra/netbox.yml"],
      ["netbox.items.infra-netbox", "k8s/infra/netbox/00-onepassworditems-infra-netbox.yaml"],
    ]);
  });

  it("brings the credential to the database's namespace, and takes it away with the app", () => {
    const files = planApp(NETBOX);
    expect(find(files, "argocd/apps/db/netbox-db-provisioner.yml")).toBe(`\
apiVersion: argoproj.io/v1alpha1
kind: Application
metadata:
  name: netbox-db-provisioner
  namespace: argocd
  labels:
    app.kubernetes.io/managed-by: berth
    app.kubernetes.io/part-of: netbox
  annotations:
    argocd.argoproj.io/sync-wave: "15"
  finalizers:
    - resources-finalizer.argocd.argoproj.io
spec:
  project: default
  destination:
    server: https://kubernetes.default.svc
    namespace: db-postgres
  source:
    repoURL: https://git.example.org/coachlight/gitops.git
    targetRevision: main
    path: k8s/db-provisioning/netbox
  syncPolicy:
    automated:
      prune: true
      selfHeal: true
      allowEmpty: false
    retry:
      limit: 10
      backoff:
        duration: 10s
        factor: 2
        maxDuration: 5m
`);
    expect(find(files, "k8s/db-provisioning/netbox/00-onepassworditems-db-postgres.yaml")).toBe(`\
apiVersion: onepassword.com/v1
kind: OnePasswordItem
metadata:
  name: netbox-db-credentials
  namespace: db-postgres
  labels:
    app.kubernetes.io/managed-by: berth
    app.kubernetes.io/part-of: netbox
  annotations:
    argocd.argoproj.io/sync-wave: "-10"
spec:
  itemPath: vaults/Coachlight-id/items/netbox-db-credentials-id
`);
  });

  it("starts the chart from its own source, with the items in another", () => {
    const application = planApp(NETBOX).find(({ path }) => path === "argocd/apps/infra/netbox.yml");
    expect(application?.objects).toMatchObject([
      {
        metadata: { name: "netbox", annotations: { "argocd.argoproj.io/sync-wave": "20" } },
        spec: {
          destination: { namespace: "infra-netbox" },
          sources: [
            { path: "k8s/infra/netbox" },
            {
              repoURL: "ghcr.io/netbox-community/netbox-chart",
              chart: "netbox",
              targetRevision: "8.3.61",
              helm: {
                valuesObject: {
                  externalDatabase: {
                    host: "postgres-postgresql.db-postgres.svc.cluster.local",
                    port: 5432,
                    username: "netbox",
                    existingSecretName: "netbox-db-credentials",
                  },
                },
              },
            },
          ],
          syncPolicy: { syncOptions: ["CreateNamespace=true"] },
        },
      },
    ]);
  });

  it("keeps a workload's volumes when its Application goes: no cascade", () => {
    const application = planApp(NETBOX).find(({ path }) => path === "argocd/apps/infra/netbox.yml");
    expect(application?.content).not.toContain("finalizers");
  });

  it("has a single source when there is nothing to run, and a path when that is in Git", () => {
    const find = (app: AppSpec) =>
      planApp(app).find(({ path }) => path === `argocd/apps/infra/${app.name}.yml`)?.objects;
    expect(find(makeApp("a"))).toMatchObject([{ spec: { source: { path: "k8s/infra/a" } } }]);
    const git = { kind: "git", repoURL: "r", path: "deploy", targetRevision: "v1" } as const;
    expect(find(makeApp("a", { workload: git }))).toMatchObject([
      {
        spec: {
          sources: [
            { path: "k8s/infra/a" },
            { repoURL: "r", path: "deploy", targetRevision: "v1" },
          ],
        },
      },
    ]);
  });

  it("has one file for each namespace its Secrets go to", () => {
    const reader = makeRole("a", {
      key: "reader",
      name: "a_reader",
      secretName: "a-reader",
      namespace: "bi",
    });
    const files = planApp(makeApp("a", { roles: [makeRole("a"), reader] }));
    expect(files.map(({ path }) => path)).toEqual([
      "argocd/apps/db/a-db-provisioner.yml",
      "k8s/db-provisioning/a/00-onepassworditems-db-postgres.yaml",
      "argocd/apps/infra/a.yml",
      "k8s/infra/a/00-onepassworditems-bi.yaml",
      "k8s/infra/a/00-onepassworditems-infra-a.yaml",
    ]);
  });

  it("defines an item once when the app lives in the database's namespace", () => {
    const app = makeApp("a", {
      namespace: "db-postgres",
      roles: [makeRole("a", { namespace: "db-postgres" })],
    });
    expect(planApp(app).map(({ path }) => path)).toEqual([
      "argocd/apps/db/a-db-provisioner.yml",
      "k8s/db-provisioning/a/00-onepassworditems-db-postgres.yaml",
    ]);
  });

  it.each([
    ["the root of the repository", "", "k8s/infra/a"],
    ["a folder of it", "clusters/home", "clusters/home/k8s/infra/a"],
  ])("names paths in the repository where the directory is %s", (_, path, expected) => {
    const stack = makeStack([makeApp("a")]);
    if (stack.gitops === undefined) throw new Error("the stack has no tree");
    const files = planManifests(
      { ...stack, gitops: { ...stack.gitops, path } },
      makeApp("a"),
      toItemId,
    );
    const found = files.find((file) => file.path === "argocd/apps/infra/a.yml")?.objects;
    expect(found).toMatchObject([{ spec: { source: { path: expected } } }]);
  });

  it("fails on placeholders it does not know, all at once", () => {
    const values = { a: "${user}", b: "${pass}" };
    const workload = { kind: "helm", repoURL: "r", chart: "c", version: "1", values } as const;
    expect(() => planApp(makeApp("a", { workload }))).toThrow(/app a: Helm values: 2 problems/);
  });

  it("passes values as an object, and as text where a key is explicitly null", () => {
    const helm = (values: object) => {
      const workload = { kind: "helm", repoURL: "r", chart: "c", version: "1", values } as never;
      const files = planApp(makeApp("a", { workload }));
      const [application] = files.filter(({ path }) => path.endsWith("infra/a.yml"));
      return JSON.stringify(application?.objects);
    };
    expect(helm({ a: { b: 1 } })).toContain('"helm":{"valuesObject":{"a":{"b":1}}}');
    const text = helm({ a: [{ b: null }], c: "no", d: "2026-01-01", e: "012" });
    const { values = "" } = (JSON.parse(/"helm":(\{.*?\})/.exec(text)?.[1] ?? "") ?? {}) as {
      values?: string;
    };
    expect(parse(values, { version: "1.1" })).toEqual({
      a: [{ b: null }],
      c: "no",
      d: "2026-01-01",
      e: "012",
    });
  });

  it("has a ConfigMap with the place of the database where the entry names one", () => {
    const workload = { kind: "git", repoURL: "r", path: "deploy", targetRevision: "v1" } as const;
    const mapsOf = (changes: object): readonly object[] =>
      planApp(makeApp("a", changes))
        .flatMap(({ objects }) => objects)
        .filter(({ kind }) => kind === "ConfigMap");
    const named = { ...workload, configMap: "a-db" };
    const data = {
      PGHOST: "postgres-postgresql.db-postgres.svc.cluster.local",
      PGPORT: "5432",
      PGDATABASE: "a",
    };
    expect(mapsOf({ workload })).toEqual([]);
    expect(mapsOf({ workload: named })).toMatchObject([
      { metadata: { name: "a-db", namespace: "infra-a" }, data: { ...data, PGUSER: "a" } },
    ]);
    const roles = [makeRole("a", { logins: ["a_a", "a_b"] })];
    expect(mapsOf({ workload: named, roles })).toHaveProperty("0.data", data);
  });

  it("fails on an app that asks for the admin role's item", () => {
    const item = { vault: "Coachlight", item: "postgres-admin" };
    const more = { files: [], keys: [], find: undefined, settings: usualSettings };
    const secrets = [{ name: "x", item, namespace: "infra-a", fields: [], ...more }];
    expect(() => planApp(makeApp("a", { secrets }))).toThrow("is from the admin role's item");
  });

  it("is empty in a stack without a GitOps tree", () => {
    const spec = { ...makeStack([NETBOX]), gitops: undefined };
    expect(planManifests(spec, NETBOX, toItemId)).toEqual([]);
    expect(planSharedManifests(spec, toItemId)).toEqual([]);
  });
});

describe("what the apps share", () => {
  it("is the admin role's item, in its own folder and wave", () => {
    const files = planSharedManifests(makeStack([]), toItemId);
    expect(files.map(({ path }) => path)).toEqual([
      "argocd/apps/db/postgres-admin.yml",
      "k8s/db-provisioning/postgres-admin/00-onepassworditems-db-postgres.yaml",
    ]);
    expect(files[0]?.content).toContain('argocd.argoproj.io/sync-wave: "10"');
  });

  it("is called postgres-admin where the item's title cannot name a Secret", () => {
    const [file] = planSharedManifests(makeStack([], "Postgres Admin"), toItemId);
    expect(file?.path).toBe("argocd/apps/db/postgres-admin.yml");
  });
});
