import { describe, expect, it, test } from "vitest";
import { findProblems, type Written, writeStack } from "../../../fakes/stack.ts";
import { countFaults } from "../../../faults/count.ts";

/** Settings of Argo CD that a stack file may not have. */

const gitops = { directory: "../gitops", repoURL: "https://git.example.org/gitops.git" };
const cluster = { context: "home" };
const helm = { repoURL: "charts.example.org", chart: "wiki", version: "1.0.0" };

function write(wiki: Written | null, more: Written = { gitops }): Written {
  return { ...writeStack({ wiki }), ...more };
}

const problemsOf = (wiki: Written | null, more?: Written, stack?: string): readonly string[] =>
  findProblems(write(wiki, more), stack);

const wrong: readonly (readonly [string, Written | null, Written | undefined, string])[] = [
  [
    "two clusters in one",
    { argocd: { destination: { server: "https://k", name: "edge" } } },
    undefined,
    "give either `server` or `name`",
  ],
  [
    "a server without https",
    { argocd: { destination: { server: "k:6443" } } },
    undefined,
    "is not a URL",
  ],
  [
    "an option that deletes",
    { argocd: { syncPolicy: { syncOptions: ["Replace=true"] } } },
    undefined,
    'argocd.syncPolicy.syncOptions.0: got "Replace=true"; allowed are ApplyOutOfSyncOnly=true,',
  ],
  [
    "a sync of nothing",
    { argocd: { syncPolicy: { automated: { allowEmpty: true } } } },
    undefined,
    "allowEmpty",
  ],
  [
    "a duration in words",
    { argocd: { syncPolicy: { retry: { backoff: { duration: "5 min" } } } } },
    undefined,
    "duration",
  ],
  [
    "an ignored difference of no field",
    { argocd: { ignoreDifferences: [{ kind: "Deployment" }] } },
    undefined,
    "names no field",
  ],
  [
    "text that is not a JSON pointer",
    { argocd: { ignoreDifferences: [{ kind: "Deployment", jsonPointers: ["spec.replicas"] }] } },
    undefined,
    "is not a JSON pointer",
  ],
  [
    "a cascade over volumes",
    { argocd: { finalizer: "foreground" }, workload: { helm } },
    undefined,
    'berth:apps.wiki.argocd.finalizer: "foreground" deletes what the app runs, volumes included',
  ],
  [
    "a cascade over the volumes of all",
    { workload: { helm } },
    { gitops, argocd: { finalizer: "background" } },
    'berth:apps.wiki.argocd.finalizer: "background" deletes what the app runs',
  ],
  [
    "a release name that Helm cuts",
    { workload: { helm: { ...helm, releaseName: "a".repeat(54) } } },
    undefined,
    "longer than 53",
  ],
  [
    "a file outside of the repository",
    { workload: { helm: { ...helm, valueFiles: ["$values/../a.yaml"] } } },
    undefined,
    'valueFiles: "$values/../a.yaml" leaves the repository',
  ],
  [
    "a file of no ref",
    { workload: { helm: { ...helm, valueFiles: ["$values"] } } },
    undefined,
    'valueFiles: "$values" names no file of a ref; write it as $values/path',
  ],
  [
    "a ref that no file uses",
    { workload: { helm: { ...helm, refs: { values: {} } } } },
    undefined,
    "refs.values: no file of valueFiles begins with $values/; remove it",
  ],
  [
    "a ref of no repository",
    { workload: { helm: { ...helm, valueFiles: ["$values/a.yaml"] } } },
    { cluster },
    "refs.values.repoURL: missing; set it, or add berth:gitops, whose repoURL is the default",
  ],
  [
    "Secrets in one cluster and the app in another",
    { argocd: { destination: { name: "edge" } }, workload: { helm } },
    { cluster },
    'berth:apps.wiki.argocd.destination: got {"name":"edge"}; berth:cluster applies the app\'s Secrets',
  ],
  [
    "a store in another cluster",
    { argocd: { destination: { name: "edge" } }, secretsThrough: "external-secret" },
    {
      gitops,
      secrets: {
        store: { connect: { host: "http://c:8080", tokenSecret: { namespace: "c", name: "t" } } },
      },
    },
    "Berth makes the ClusterSecretStore in the database's cluster, not in this one",
  ],
  [
    "a certificate in another cluster",
    {
      argocd: { destination: { name: "edge" } },
      certificate: { secret: "wiki-env", key: "CA" },
    },
    { gitops },
    "the Job of berth:apps.wiki.certificate runs beside the app",
  ],
  [
    "a VaultConnection in another cluster",
    { argocd: { destination: { name: "edge" } }, secrets: { x: { from: "vault" } } },
    { gitops, secrets: { vault: { address: "http://vault:8200" } } },
    "Berth makes the VaultConnection in the database's cluster, not in this one",
  ],
  ["names that are all one", null, { gitops, argocd: { names: "wiki" } }, "has no ${name}"],
  [
    "an unknown placeholder",
    null,
    { gitops, argocd: { names: "${name}-${env}" } },
    "another placeholder",
  ],
  [
    "a name too long for a label",
    null,
    { gitops, argocd: { names: `${"a".repeat(50)}-\${name}` } },
    "the provisioner of app wiki (berth:argocd.names): got",
  ],
  [
    "Argo CD's own project",
    null,
    { gitops: { ...gitops, project: "default" }, argocd: { appProject: true } },
    "is Argo CD's own; name another",
  ],
  [
    "projects of no tree",
    null,
    { argocd: { appProject: true } },
    "berth:argocd.appProject: needs berth:gitops or berth:cluster",
  ],
  [
    "projects in two places",
    null,
    { gitops, cluster: { ...cluster, project: "other" }, argocd: { appProject: true } },
    "differ in project or argocdNamespace",
  ],
  [
    "a parent of no tree",
    null,
    { cluster, argocd: { parent: "application" } },
    "so it needs berth:gitops; remove it",
  ],
  [
    "no kind",
    null,
    { gitops, argocd: { appProject: { kinds: ["deployment"] } } },
    "is not a kind; write it as apps/Deployment",
  ],
  [
    "a label of Berth's",
    { metadata: { Application: { labels: { "app.kubernetes.io/part-of": "x" } } } },
    undefined,
    'berth:apps.wiki.metadata.Application: "app.kubernetes.io/part-of" is written by Berth or Argo CD; remove it',
  ],
  [
    "another wave",
    null,
    { gitops, metadata: { all: { annotations: { "argocd.argoproj.io/sync-wave": "1" } } } },
    'berth:metadata.all: "argocd.argoproj.io/sync-wave" is written by',
  ],
  [
    "sync options of applied objects",
    { metadata: { all: { annotations: { "argocd.argoproj.io/sync-options": "Prune=true" } } } },
    { cluster },
    '"argocd.argoproj.io/sync-options" is written by Berth or Argo CD',
  ],
  [
    "a kind that Berth does not write",
    { metadata: { Ingress: {} } },
    undefined,
    'unknown key "Ingress"; allowed are all, Application,',
  ],
  [
    "a key of 64 characters",
    { metadata: { all: { labels: { ["a".repeat(64)]: "" } } } },
    undefined,
    "is not a key of a label or annotation",
  ],
  [
    "a prefix of 254 characters",
    { metadata: { all: { annotations: { [`${"a".repeat(254)}/b`]: "" } } } },
    undefined,
    "is not a key of",
  ],
  [
    "a label's value of 64 characters",
    { metadata: { all: { labels: { a: "x".repeat(64) } } } },
    undefined,
    "is not a label's value",
  ],
];

countFaults("settings of Argo CD");

test.each(wrong)("refuses %s, with the key and what is allowed", (_, wiki, more, problem) => {
  const problems = problemsOf(wiki, more);
  expect(problems.join("\n")).toContain(problem);
  for (const line of problems) expect(line).toMatch(/^berth:|^the provisioner of app wiki/);
});

describe("two apps", () => {
  const problems = (apps: Written, more: Written = { gitops }) =>
    findProblems({ ...writeStack(apps), ...more });

  it("cannot have Applications of one name, whoever gave it", () => {
    expect(problems({ wiki: null, docs: { argocd: { name: "wiki" } } })).toEqual([
      'berth:apps.docs.argocd.name and berth:apps.wiki.argocd.name: the Application "wiki" is used 2 times; each needs a name of its own',
    ]);
    expect(problems({ wiki: null, docs: { argocd: { name: "wiki-db-provisioner" } } })).toEqual([
      expect.stringContaining('the Application "wiki-db-provisioner" is used 2 times'),
    ]);
  });

  it("cannot have one Helm release in one namespace", () => {
    const shared = { namespace: "shared", workload: { helm: { ...helm, releaseName: "r" } } };
    expect(problems({ a: shared, b: shared })).toEqual([
      expect.stringContaining("berth:apps.a.workload.helm.releaseName and berth:apps.b."),
    ]);
    const edge = { ...shared, argocd: { destination: { name: "edge" } } };
    expect(problems({ a: shared, b: edge })).toEqual([]);
  });
});
