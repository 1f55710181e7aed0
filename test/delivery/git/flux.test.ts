import { describe, expect, it, test } from "vitest";
import { parseStack } from "../../../components/config/parse.ts";
import { planStackDelivery } from "../../../components/delivery/stack-delivery.ts";
import { findProblems, type Written, writeStack } from "../../fakes/stack.ts";
import { list } from "../argocd/plan.ts";
import { toItemId } from "../stack.ts";

/** Manifests without Argo CD. */
const repository = {
  directory: "../gitops",
  path: "clusters/home",
  repoURL: "https://g.example.org/g.git",
};
const pinned = { systemIdentifier: "7", tls: { mode: "disable" } };

const write = (apps: Written, gitops: Written, more: Written = {}): Written => ({
  ...writeStack(apps, pinned),
  gitops: { ...repository, ...gitops },
  ...more,
});
const listOf = (apps: Written, gitops: Written) => list(parseStack("prod", write(apps, gitops)));

const apps = {
  wiki: {
    provisioner: "job",
    workload: { git: { path: "apps/wiki" } },
    roles: { ro: { profile: "readonly", namespace: "bi" } },
  },
  docs: { namespace: "infra-wiki" },
  keys: { credentials: "vault", vault: { restart: [] } },
};
const vault = { secrets: { vault: { connection: "tools/default" } } };

interface Shown {
  readonly name: string;
  readonly path: string;
  readonly dependsOn: readonly string[];
}

function kustomizationsOf(gitops: Written): ReadonlyMap<string, Shown> {
  const all = list(parseStack("prod", write(apps, { workloads: "flux", ...gitops }, vault)));
  return new Map(
    all.flatMap(([file, object]) => {
      if (object.kind !== "Kustomization") return [];
      const { spec, metadata } = object as unknown as {
        readonly metadata: { readonly name: string };
        readonly spec: { readonly path: string; readonly dependsOn?: readonly { name: string }[] };
      };
      const dependsOn = (spec.dependsOn ?? []).map(({ name }) => name);
      return [[file, { name: metadata.name, path: spec.path, dependsOn }] as const];
    }),
  );
}

describe("with Flux", () => {
  it("each app has Kustomizations that wait for each other, in place of waves", () => {
    const at = "./clusters/home/k8s";
    expect(Object.fromEntries(kustomizationsOf({}))).toEqual({
      "flux/apps/db/postgres-admin.yaml": {
        name: "postgres-admin",
        path: `${at}/db-provisioning/postgres-admin`,
        dependsOn: [],
      },
      "flux/apps/db/docs-db-provisioner.yaml": {
        name: "docs-db-provisioner",
        path: `${at}/db-provisioning/docs`,
        dependsOn: ["postgres-admin"],
      },
      "flux/apps/infra/docs-secrets.yaml": {
        name: "docs-secrets",
        path: `${at}/infra/docs`,
        dependsOn: ["docs-db-provisioner"],
      },
      "flux/apps/infra/keys-secrets.yaml": {
        name: "keys-secrets",
        path: `${at}/infra/keys`,
        dependsOn: ["postgres-admin"],
      },
      "flux/apps/db/wiki-db-provisioner.yaml": {
        name: "wiki-db-provisioner",
        path: `${at}/db-provisioning/wiki`,
        dependsOn: ["postgres-admin"],
      },
      "flux/apps/infra/wiki-secrets.yaml": {
        name: "wiki-secrets",
        path: `${at}/infra/wiki`,
        dependsOn: ["wiki-db-provisioner"],
      },
      "flux/apps/infra/wiki.yaml": {
        name: "wiki",
        path: "./apps/wiki",
        dependsOn: ["wiki-secrets"],
      },
    });
  });

  it("each waits for one that is there, and reads a folder that has files or is the workload's", () => {
    const shown = [...kustomizationsOf({ flux: { names: "${stack}-${name}" } }).values()];
    const names = shown.map(({ name }) => name);
    expect(names).toContain("prod-wiki-secrets");
    for (const { dependsOn } of shown) for (const name of dependsOn) expect(names).toContain(name);
    const files = planStackDelivery(
      parseStack("prod", write(apps, { workloads: "flux" }, vault)),
      toItemId,
    ).files;
    for (const { path } of shown.filter(({ path }) => path !== "./apps/wiki")) {
      const folder = path.replace("./clusters/home/", "");
      expect(
        files.some((file) => file.path.startsWith(`${folder}/`)),
        folder,
      ).toBe(true);
    }
  });

  const written = listOf({ wiki: apps.wiki, docs: apps.docs }, { workloads: "flux" });

  it("has the namespaces once each, and Flux neither changes nor deletes one", () => {
    const namespaces = written.filter(([, { kind }]) => kind === "Namespace");
    expect(namespaces.map(([file, { metadata }]) => [file, metadata.name])).toEqual([
      ["k8s/infra/docs/00-namespaces.yaml", "infra-wiki"],
      ["k8s/infra/wiki/00-namespaces.yaml", "bi"],
    ]);
    for (const [, { metadata }] of namespaces) {
      expect(metadata.annotations).toEqual({
        "kustomize.toolkit.fluxcd.io/prune": "disabled",
        "kustomize.toolkit.fluxcd.io/ssa": "IfNotPresent",
      });
    }
  });

  it("keeps what a workload runs when its Kustomization goes, and replaces a Job that has changed", () => {
    const orphans = written.filter(([, object]) => JSON.stringify(object).includes('"Orphan"'));
    expect(orphans.map(([file]) => file)).toEqual(["flux/apps/infra/wiki.yaml"]);
    const job = written.find(([, { kind }]) => kind === "Job");
    expect(job?.[1].metadata.annotations).toEqual({
      "kustomize.toolkit.fluxcd.io/force": "enabled",
    });
  });

  it("says nothing to Argo CD", () => {
    expect(JSON.stringify(written)).not.toContain("argo");
  });
});

describe("with neither", () => {
  it("there are only the manifests of the Secrets", () => {
    expect(
      listOf({ docs: null }, { workloads: "none" }).map(([file, { kind }]) => [file, kind]),
    ).toEqual([
      [
        "k8s/db-provisioning/postgres-admin/00-onepassworditems-db-postgres.yaml",
        "OnePasswordItem",
      ],
      ["k8s/db-provisioning/docs/00-onepassworditems-db-postgres.yaml", "OnePasswordItem"],
      ["k8s/infra/docs/00-onepassworditems-infra-docs.yaml", "OnePasswordItem"],
    ]);
    const inCluster = {
      ...writeStack({ docs: null }),
      cluster: { context: "home", workloads: "none" },
    };
    expect(new Set(list(parseStack("prod", inCluster)).map(([, { kind }]) => kind))).toEqual(
      new Set(["Namespace", "OnePasswordItem"]),
    );
  });
});

const git = (more: Written = {}) => ({ workload: { git: { path: "a", ...more } } });
const helm = { workload: { helm: { repoURL: "r", chart: "c", version: "1" } } };
const wrong: readonly (readonly [string, Written, Written, Written, string])[] = [
  [
    "a chart with Flux",
    { workloads: "flux" },
    helm,
    {},
    "berth:apps.a.workload.helm: Berth writes charts for Argo CD only",
  ],
  [
    "another repository with Flux",
    { workloads: "flux" },
    git({ repoURL: "r" }),
    {},
    "berth:apps.a.workload.git: with workloads: flux it is read from the GitOps repository",
  ],
  [
    "another branch with Flux",
    { workloads: "flux" },
    git({ targetRevision: "v1" }),
    {},
    "berth:apps.a.workload.git: with workloads: flux",
  ],
  [
    "Argo CD's kustomize with Flux",
    { workloads: "flux" },
    git({ kustomize: {} }),
    {},
    "berth:apps.a.workload.git.kustomize: it is for Argo CD",
  ],
  [
    "Argo CD's settings with Flux",
    { workloads: "flux" },
    {},
    { argocd: {} },
    "berth:argocd: nothing reads it with workloads: flux; remove it",
  ],
  [
    "an app's of Argo CD with Flux",
    { workloads: "flux" },
    { argocd: {} },
    {},
    "berth:apps.a.argocd: nothing reads it with workloads: flux; remove it",
  ],
  [
    "Flux's settings without it",
    { flux: {} },
    {},
    {},
    "berth:gitops.flux: nothing reads it; set berth:gitops.workloads: flux, or remove it",
  ],
  [
    "a workload that nothing starts",
    { workloads: "none" },
    git(),
    {},
    "berth:apps.a.workload: nothing starts it with workloads: none; remove it",
  ],
  [
    "a Job that nothing runs",
    { workloads: "none" },
    { provisioner: "job" },
    {},
    "berth:apps.a.provisioner: nothing runs the Job with workloads: none; use berth or postgresql",
  ],
  [
    "a name that is too long with its suffix",
    { workloads: "flux", flux: { names: `${"x".repeat(58)}\${name}` } },
    {},
    {},
    "the Secrets of app a (berth:gitops.flux.names): got",
  ],
];

test.each(
  wrong.map(([what, gitops, a, more, problem]) => ({
    what,
    problem,
    written: write({ a }, gitops, more),
  })),
)("refuses $what", ({ written, problem }) => {
  expect(findProblems(written).join("\n")).toContain(problem);
});
