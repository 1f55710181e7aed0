import { describe, expect, it, test } from "vitest";
import type { Application } from "../../../components/delivery/argocd/application.ts";
import type { Written } from "../../fakes/stack.ts";
import { applicationsOf, cluster, gitops, helm, list, plan, projectsIn, settings } from "./plan.ts";

/** What Berth makes around the Applications, and two stacks beside each other. */

describe("AppProjects", () => {
  const apps = {
    wiki: {
      workload: { helm: { ...helm, valueFiles: ["$values/a.yaml"] } },
      roles: { ro: { profile: "readonly", namespace: "bi" } },
    },
    docs: { argocd: { project: "docs-team", destination: { name: "edge" } } },
  };
  const projectsOf = (more: Written) =>
    projectsIn(plan(apps, { argocd: { appProject: true }, ...more }));

  it("allow what is used and nothing else", () => {
    const home = "https://kubernetes.default.svc";
    const item = { group: "onepassword.com", kind: "OnePasswordItem" };
    expect(projectsOf({}).map(({ metadata, spec }) => ({ name: metadata.name, ...spec }))).toEqual([
      {
        name: "berth-prod",
        description: "What Berth's stack prod uses",
        sourceRepos: ["charts.example.org/x", gitops.repoURL],
        destinations: [
          { server: home, namespace: "bi" },
          { server: home, namespace: "infra-wiki" },
        ],
        clusterResourceWhitelist: [{ group: "", kind: "Namespace" }],
        namespaceResourceWhitelist: [{ group: "*", kind: "*" }, item],
      },
      {
        name: "berth-prod-db",
        description: "What Berth's stack prod uses",
        sourceRepos: [gitops.repoURL],
        destinations: [{ server: home, namespace: "db-postgres" }],
        clusterResourceWhitelist: [],
        namespaceResourceWhitelist: [item],
      },
      {
        name: "docs-team",
        description: "What Berth's stack prod uses",
        sourceRepos: [gitops.repoURL],
        destinations: [{ name: "edge", namespace: "infra-docs" }],
        clusterResourceWhitelist: [{ group: "", kind: "Namespace" }],
        namespaceResourceWhitelist: [item],
      },
    ]);
  });

  it("allow the kinds of workloads that the stack file names", () => {
    const appProject = {
      kinds: ["apps/Deployment", "Service"],
      clusterKinds: ["rbac.authorization.k8s.io/ClusterRole"],
    };
    const [project] = projectsOf({ argocd: { appProject } });
    expect(project?.spec.namespaceResourceWhitelist.map(({ kind }) => kind)).toEqual([
      "Service",
      "Deployment",
      "OnePasswordItem",
    ]);
    expect(project?.spec.clusterResourceWhitelist.map(({ kind }) => kind)).toEqual([
      "Namespace",
      "ClusterRole",
    ]);
  });

  it("allow every source, destination and kind of the Applications in them", () => {
    const spec = plan(
      { ...apps, shop: { provisioner: "job", secretsThrough: "external-secret" } },
      { ...settings, argocd: { appProject: true } },
    );
    const projects = new Map(projectsIn(spec).map((one) => [one.metadata.name, one.spec]));
    const applications = applicationsOf(spec);
    expect(applications).toHaveLength(7);
    for (const { spec: it } of applications) {
      const project = projects.get(it.project);
      for (const { repoURL } of it.sources ?? [it.source].flatMap((one) => one ?? [])) {
        expect(project?.sourceRepos).toContain(repoURL);
      }
      expect(project?.destinations).toContainEqual(it.destination);
    }
    const database = projects.get("berth-prod-db");
    const listed = [
      ...(database?.namespaceResourceWhitelist ?? []),
      ...(database?.clusterResourceWhitelist ?? []),
    ];
    const written = list(spec).filter(([path]) => path.startsWith("k8s/db-provisioning/"));
    expect(new Set(listed.map(({ kind }) => kind))).toEqual(
      new Set(written.map(([, { kind }]) => kind)),
    );
  });

  it("of a cluster are applied with what the apps share, and have no tree to allow", () => {
    const spec = plan(
      { wiki: { workload: { helm } }, docs: null },
      { cluster, argocd: { appProject: true } },
    );
    const [project, ...more] = projectsIn(spec);
    expect(more).toEqual([]);
    expect(project?.spec.destinations).toEqual([
      { server: "https://kubernetes.default.svc", namespace: "infra-wiki" },
    ]);
  });
});

describe("the parent", () => {
  const parentOf = (parent: string) =>
    list(plan({ wiki: null }, { argocd: { parent } })).filter(
      ([path]) => path === "argocd/berth-prod.yml",
    );

  it("is an Application of the tree, which no other Application reads", () => {
    expect(parentOf("application")).toMatchObject([
      [
        "argocd/berth-prod.yml",
        {
          kind: "Application",
          metadata: { name: "berth-prod", namespace: "argocd" },
          spec: {
            project: "default",
            destination: { server: "https://kubernetes.default.svc", namespace: "argocd" },
            source: { path: "clusters/home/argocd/apps", directory: { recurse: true } },
          },
        },
      ],
    ]);
    expect(JSON.stringify(parentOf("application"))).not.toContain("finalizer");
  });

  it("is an ApplicationSet that passes each file on and keeps what it started", () => {
    expect(parentOf("application-set")).toMatchObject([
      [
        "argocd/berth-prod.yml",
        {
          kind: "ApplicationSet",
          spec: {
            generators: [
              {
                git: {
                  files: [
                    { path: "clusters/home/argocd/apps/db/*.yml" },
                    { path: "clusters/home/argocd/apps/infra/*.yml" },
                  ],
                },
              },
            ],
            syncPolicy: { preserveResourcesOnDeletion: true },
          },
        },
      ],
    ]);
  });

  it("is not there by default", () => {
    expect(parentOf("none")).toEqual([]);
  });
});

test("two stacks share one Argo CD and one repository, and no file or object of it", () => {
  const stackOf = (stack: string) =>
    plan(
      { wiki: { workload: { helm } }, docs: null },
      {
        gitops: { ...gitops, directory: `../gitops/clusters/${stack}`, path: `clusters/${stack}` },
        argocd: {
          names: "${stack}-${name}",
          destination: { name: stack },
          appProject: true,
          parent: "application",
        },
      },
      stack,
    );
  const [prod = [], staging = []] = ["prod", "staging"].map((stack) => list(stackOf(stack)));
  expect(prod).toHaveLength(staging.length);
  // In Argo CD's own cluster; what the Applications apply goes to another cluster for each stack.
  const inArgoCd = (all: typeof prod): readonly string[] =>
    all
      .filter(([path]) => path.startsWith("argocd/"))
      .map(([, { kind, metadata }]) => `${kind} ${metadata.namespace ?? ""}/${metadata.name}`);
  expect(inArgoCd(prod).length).toBeGreaterThan(6);
  expect(inArgoCd(prod).filter((name) => inArgoCd(staging).includes(name))).toEqual([]);
  for (const [stack, all] of [
    ["prod", prod],
    ["staging", staging],
  ] as const) {
    for (const [, object] of all) {
      if (object.kind !== "Application" || object.metadata.name === `berth-${stack}`) continue;
      const { spec } = object as Application;
      expect(spec.destination).toMatchObject({ name: stack });
      const tree = [spec.source, ...(spec.sources ?? [])].flatMap((one) =>
        one && "path" in one ? [one.path] : [],
      );
      for (const path of tree) expect(path).toMatch(new RegExp(`^clusters/${stack}/k8s/`));
    }
  }
});
