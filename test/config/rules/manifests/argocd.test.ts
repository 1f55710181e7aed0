import { expect, test } from "vitest";
import { parseStack } from "../../../../components/config/parse.ts";
import { findProblems, type Written, writeStack } from "../../../fakes/stack.ts";

/** Settings of Argo CD that a stack file may have. */

const gitops = { directory: "../gitops", repoURL: "https://git.example.org/gitops.git" };
const helm = { repoURL: "charts.example.org", chart: "wiki", version: "1.0.0" };

function write(wiki: Written | null, more: Written = { gitops }): Written {
  return { ...writeStack({ wiki }), ...more };
}

const problemsOf = (wiki: Written | null, more?: Written, stack?: string): readonly string[] =>
  findProblems(write(wiki, more), stack);

const settings: (readonly [string, Written | null, Written?])[] = [
  ["a cluster by its server", { argocd: { destination: { server: "https://k.example.org" } } }],
  ["a cluster by its name", { argocd: { destination: { name: "edge" } } }],
  ["no sync by itself", { argocd: { syncPolicy: { automated: false, retry: false } } }],
  [
    "its own retries",
    { argocd: { syncPolicy: { retry: { limit: -1, backoff: { duration: "1m30s" } } } } },
  ],
  ["sync options", { argocd: { syncPolicy: { syncOptions: ["ServerSideApply=true"] } } }],
  [
    "ignored differences",
    {
      argocd: {
        ignoreDifferences: [{ kind: "Deployment", jsonPointers: ["/spec/replicas", "/a~1b"] }],
      },
    },
  ],
  [
    "a cascade with its data",
    { argocd: { finalizer: "foreground" }, reclaimPolicy: "delete", workload: { helm } },
  ],
  ["a cascade without a workload", { argocd: { finalizer: "background" } }],
  ["a project of its own", { argocd: { project: "wiki-team", name: "the-wiki" } }],
  [
    "values from the GitOps repository",
    { workload: { helm: { ...helm, valueFiles: ["$values/a.yaml", "b.yaml"] } } },
  ],
  [
    "values from another repository",
    {
      workload: {
        helm: {
          ...helm,
          valueFiles: ["$other/a.yaml"],
          ignoreMissingValueFiles: true,
          releaseName: "w",
          refs: { other: { repoURL: "https://git.example.org/b.git", targetRevision: "v1" } },
        },
      },
    },
  ],
  [
    "kustomize's options",
    { workload: { git: { path: "a", kustomize: { images: ["a=b:1"], namePrefix: "x-" } } } },
  ],
  [
    "labels and annotations",
    {
      metadata: {
        all: { labels: { team: "x", "example.org/team": "" } },
        OnePasswordItem: { annotations: { "operator.1password.io/auto-restart": "true" } },
      },
    },
  ],
  ["projects that Berth makes", null, { gitops, argocd: { appProject: true } }],
  [
    "projects with fewer kinds",
    null,
    { gitops, argocd: { appProject: { kinds: ["apps/Deployment", "Service"], clusterKinds: [] } } },
  ],
  ["a parent", null, { gitops, argocd: { parent: "application-set", parentProject: "root" } }],
  ["names with the stack's", null, { gitops, argocd: { names: "${stack}-${name}" } }],
];

test.each(settings.map(([what, wiki, more]) => ({ what, wiki, more })))(
  "takes $what",
  ({ wiki, more }) => {
    expect(problemsOf(wiki, more)).toEqual([]);
  },
);

test("an app's settings come before the stack's, key by key", () => {
  const deployment = { kind: "Deployment", jsonPointers: ["/spec/replicas"] };
  const service = { kind: "Service", jsonPointers: ["/spec/clusterIP"] };
  const stack = {
    destination: { name: "home" },
    syncPolicy: { automated: { prune: false }, syncOptions: ["PruneLast=true"] },
    ignoreDifferences: [deployment],
    names: "${stack}-${name}",
  };
  const own = {
    destination: { name: "edge" },
    syncPolicy: { retry: false },
    ignoreDifferences: [service],
  };
  const { apps, argocd } = parseStack("prod", write({ argocd: own }, { gitops, argocd: stack }));
  expect(apps[0]?.argocd).toEqual({
    application: "prod-wiki",
    provisioner: "prod-wiki-db-provisioner",
    project: undefined,
    destination: { name: "edge" },
    syncPolicy: {
      automated: { prune: false, selfHeal: true },
      retry: undefined,
      syncOptions: ["PruneLast=true"],
    },
    ignoreDifferences: [deployment, service],
    finalizer: undefined,
  });
  expect(argocd).toMatchObject({ destination: { name: "home" }, ignoreDifferences: [deployment] });
});

test("settings of Argo CD are taken where one of two places has it", () => {
  const cluster = { context: "home", workloads: "none" };
  expect(problemsOf(null, { gitops, cluster, argocd: {} })).toEqual([]);
});
