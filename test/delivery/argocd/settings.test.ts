import { describe, expect, it, test } from "vitest";
import { Metadata } from "../../../components/config/schema/manifests/metadata.ts";
import { KINDS } from "../../../components/delivery/cluster/kinds.ts";
import type { Written } from "../../fakes/stack.ts";
import { applicationOf, cluster, helm, list, plan } from "./plan.ts";

/** What the settings of Argo CD become, in Git and in a cluster. */

describe.each([
  ["in Git", {}],
  ["in a cluster", { cluster }],
])("the Application of an app %s", (_, place) => {
  const automated = { prune: true, selfHeal: true, allowEmpty: false };
  const retry = { limit: 10, backoff: { duration: "10s", factor: 2, maxDuration: "5m" } };
  const syncOptions = ["CreateNamespace=true"];
  const policies: readonly (readonly [string, Written, Written])[] = [
    ["no sync by itself", { automated: false }, { retry, syncOptions }],
    [
      "no pruning",
      { automated: { prune: false } },
      { automated: { ...automated, prune: false }, retry, syncOptions },
    ],
    ["Argo CD's own retries", { retry: false }, { automated, syncOptions }],
    [
      "retries of its own",
      { retry: { limit: 3, backoff: { factor: 3 } } },
      {
        automated,
        syncOptions,
        retry: { limit: 3, backoff: { ...retry.backoff, factor: 3 } },
      },
    ],
    [
      "sync options beside its own",
      { syncOptions: ["ServerSideApply=true"] },
      { automated, retry, syncOptions: [...syncOptions, "ServerSideApply=true"] },
    ],
    [
      "no namespace that Argo CD makes",
      { syncOptions: ["CreateNamespace=false"] },
      { automated, retry, syncOptions: ["CreateNamespace=false"] },
    ],
  ];

  it.each(policies)("has %s", (_, syncPolicy, expected) => {
    const spec = plan({ wiki: { argocd: { syncPolicy }, workload: { helm } } }, place);
    expect(applicationOf(spec)?.spec.syncPolicy).toStrictEqual(expected);
  });

  it("has ignored differences and a project of its own", () => {
    const ignoreDifferences = [{ kind: "Deployment", jsonPointers: ["/spec/replicas"] }];
    const argocd = { ignoreDifferences, project: "wiki-team" };
    const spec = plan({ wiki: { argocd, workload: { helm } } }, place);
    expect(applicationOf(spec)?.spec).toMatchObject({ ignoreDifferences, project: "wiki-team" });
  });

  it("has a finalizer only where it is asked for, with the app's data", () => {
    const finalizersOf = (finalizer: string) => {
      const entry = { argocd: { finalizer }, reclaimPolicy: "delete", workload: { helm } };
      return applicationOf(plan({ wiki: entry }, place))?.metadata.finalizers;
    };
    expect(finalizersOf("none")).toBeUndefined();
    expect(finalizersOf("foreground")).toEqual(["resources-finalizer.argocd.argoproj.io"]);
    expect(finalizersOf("background")).toEqual([
      "resources-finalizer.argocd.argoproj.io/background",
    ]);
  });

  it("has the chart's files and release", () => {
    const workload = {
      helm: {
        ...helm,
        releaseName: "w",
        ignoreMissingValueFiles: true,
        values: { a: 1 },
        valueFiles: ["small.yaml", "$values/wiki/values.yaml"],
        refs: { values: { repoURL: "https://g.example.org/v.git", targetRevision: "v2" } },
      },
    };
    const { source, sources = [source] } =
      applicationOf(plan({ wiki: { workload } }, place))?.spec ?? {};
    expect(sources.slice(-2)).toEqual([
      {
        repoURL: "charts.example.org/x",
        targetRevision: "1.0.0",
        chart: "wiki",
        helm: {
          releaseName: "w",
          valueFiles: ["small.yaml", "$values/wiki/values.yaml"],
          ignoreMissingValueFiles: true,
          valuesObject: { a: 1 },
        },
      },
      { repoURL: "https://g.example.org/v.git", targetRevision: "v2", ref: "values" },
    ]);
  });

  it("passes kustomize's options on", () => {
    const kustomize = { images: ["a=b:1"], replicas: [{ name: "wiki", count: 2 }] };
    const workload = {
      git: { repoURL: "https://g.example.org/v.git", path: "apps/wiki", kustomize },
    };
    const { source, sources = [source] } =
      applicationOf(plan({ wiki: { workload } }, place))?.spec ?? {};
    expect(sources.at(-1)).toMatchObject({ path: "apps/wiki", kustomize });
  });

  it("under another name keeps the chart's release, so that no second copy starts", () => {
    const spec = plan(
      { wiki: { workload: { helm } } },
      { ...place, argocd: { names: "${stack}-${name}" } },
    );
    expect(JSON.stringify(applicationOf(spec, "prod-wiki"))).toContain('"releaseName":"wiki"');
    expect(
      JSON.stringify(applicationOf(plan({ wiki: { workload: { helm } } }, place))),
    ).not.toContain("releaseName");
  });
});

test("the database's Application stays in the stack's cluster and project when an app goes elsewhere", () => {
  const argocd = { destination: { name: "edge" }, project: "wiki-team" };
  const spec = plan(
    { wiki: { argocd, workload: { helm } } },
    { argocd: { destination: { name: "home" } } },
  );
  const of = (name: string) => {
    const { destination, project } = applicationOf(spec, name)?.spec ?? {};
    return [destination, project];
  };
  expect(of("wiki")).toEqual([{ name: "edge", namespace: "infra-wiki" }, "wiki-team"]);
  expect(of("wiki-db-provisioner")).toEqual([
    { name: "home", namespace: "db-postgres" },
    "default",
  ]);
  expect(of("postgres-admin")).toEqual([{ name: "home", namespace: "db-postgres" }, "default"]);
});

test("each kind that Berth writes can have labels and annotations", () => {
  const kinds = KINDS.map(({ kind }) => kind);
  expect(Object.keys(Metadata.shape).toSorted()).toEqual(["all", ...kinds].toSorted());
});

describe.each([
  ["in Git", {}],
  ["in a cluster", { cluster }],
])("labels and annotations %s", (_, place) => {
  const team = { labels: { team: "x" } };
  const restart = { annotations: { "operator.1password.io/auto-restart": "true" } };
  const spec = plan(
    { wiki: { metadata: { all: { labels: { team: "wiki" } } }, workload: { helm } }, docs: null },
    { ...place, metadata: { all: team, OnePasswordItem: restart } },
  );

  it("are on every object, an app's before the stack's", () => {
    for (const [, { metadata }] of list(spec)) {
      const isWiki = JSON.stringify(metadata).includes("wiki");
      expect(metadata.labels, metadata.name).toMatchObject({ team: isWiki ? "wiki" : "x" });
    }
  });

  it("of a kind are on that kind alone, and take nothing away", () => {
    for (const [, { kind, metadata }] of list(spec)) {
      expect(metadata.annotations?.["operator.1password.io/auto-restart"] === "true", kind).toBe(
        kind === "OnePasswordItem",
      );
      expect(metadata.labels).toMatchObject({ "app.kubernetes.io/managed-by": "berth" });
    }
  });
});
