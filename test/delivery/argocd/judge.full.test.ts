import path from "node:path";
import { describe, expect, it } from "vitest";
import type { StackSpec } from "../../../components/config/spec.ts";
import type { Application } from "../../../components/delivery/argocd/application.ts";
import { healthChecks } from "../../../components/delivery/argocd/health-checks.ts";
import { formatYaml, type KubernetesObject } from "../../../components/delivery/yaml.ts";
import { formatHeader } from "../../../provider/manifest-file/header.ts";
import { hasGo, useGoProgram } from "../../fakes/go-program.ts";
import type { Written } from "../../fakes/stack.ts";
import { healthRows } from "./health-rows.ts";
import { cluster, helm, list, plan, settings } from "./plan.ts";

/**
 * Argo CD's own code, built from its Go module: its validation of Applications and AppProjects, the controller's way
 * from an ApplicationSet to Applications, and its Lua. Left out where there is no Go.
 */

interface Verdict {
  readonly Problems: readonly string[] | null;
  readonly Read: readonly Application[] | null;
  readonly Generated: readonly Application[] | null;
  readonly Health: readonly string[] | null;
  readonly HasCheck: readonly boolean[] | null;
}

const ask = useGoProgram<Verdict>("delivery/argocd/judge");

const clusters = [
  { name: "in-cluster", server: "https://kubernetes.default.svc" },
  { name: "edge", server: "https://edge.example.org:6443" },
];

/** What Argo CD has from the start. */
const defaultProject = {
  metadata: { name: "default" },
  spec: {
    sourceRepos: ["*"],
    destinations: [{ server: "*", namespace: "*" }],
    clusterResourceWhitelist: [{ group: "*", kind: "*" }],
  },
};

type Listed = ReturnType<typeof list>;

const ofKind = (all: Listed, kind: string): readonly KubernetesObject[] =>
  all.flatMap(([, object]) => (object.kind === kind ? [object] : []));

/** What the Applications of the tree apply, by the folders that they read. */
function listApplied(all: Listed): readonly object[] {
  return (ofKind(all, "Application") as readonly Application[]).flatMap(({ spec }) => {
    const sources = [spec.source, ...(spec.sources ?? [])];
    const paths = sources.flatMap((one) => (one && "path" in one ? [one.path] : []));
    return all
      .filter(([file]) => paths.includes(`clusters/home/${path.posix.dirname(file)}`))
      .map(([, { apiVersion, kind, metadata }]) => ({
        Project: spec.project,
        Destination: spec.destination,
        Kind: kind,
        Group: apiVersion.includes("/") ? apiVersion.split("/")[0] : "",
        Name: metadata.name,
        Namespace: metadata.namespace ?? "",
      }));
  });
}

const judge = (all: Listed, changes: object = {}): Promise<Verdict> =>
  ask({
    Clusters: clusters,
    Applications: ofKind(all, "Application"),
    Projects: [defaultProject, ...ofKind(all, "AppProject")],
    ApplicationSet: ofKind(all, "ApplicationSet")[0],
    Applied: listApplied(all),
    // As they are in Git.
    Files: Object.fromEntries(
      all.map(([file]) => [
        `clusters/home/${file}`,
        formatHeader("stack prod, app x") +
          formatYaml(all.filter(([other]) => other === file).map(([, object]) => object)),
      ]),
    ),
    ...changes,
  });

/** Every setting of Argo CD at least once. */
const apps: Written = {
  wiki: {
    workload: {
      helm: { ...helm, valueFiles: ["$values/a.yaml"], values: { a: null, b: "{{ .x }}" } },
    },
    roles: { ro: { profile: "readonly", namespace: "bi" } },
    argocd: {
      destination: { name: "edge" },
      ignoreDifferences: [{ kind: "Deployment", group: "apps", jsonPointers: ["/spec/replicas"] }],
      syncPolicy: { automated: { prune: false }, syncOptions: ["ServerSideApply=true"] },
    },
  },
  docs: {
    workload: {
      git: {
        path: "apps/docs",
        kustomize: { images: ["a=b:1"], replicas: [{ name: "d", count: 2 }] },
      },
    },
    argocd: { finalizer: "background", syncPolicy: { automated: false, retry: false } },
    reclaimPolicy: "delete",
    metadata: { all: { annotations: { note: 'a "quoted" {{ text }}: # and more' } } },
  },
  shop: { provisioner: "job", argocd: { syncPolicy: { retry: { limit: -1 } } } },
  store: { secretsThrough: "external-secret", workload: { helm } },
};
const make = (argocd: Written, more: Written = {}): StackSpec =>
  plan(apps, { ...settings, argocd, ...more });

describe.skipIf(!hasGo)("Argo CD itself", () => {
  it.each([
    ["in its default project", make({ parent: "application" })],
    ["in projects of Berth", make({ appProject: true, names: "${stack}-${name}" })],
    [
      "in projects of Berth, for another cluster",
      make({ appProject: true, destination: { name: "edge" } }),
    ],
    [
      "that a cluster gets",
      plan(
        { wiki: { workload: { helm } }, docs: { namespace: "d", workload: { helm } } },
        { cluster, argocd: { appProject: true } },
      ),
    ],
  ])("accepts the Applications %s, and what they apply", async (_, spec) => {
    const { Problems, Read } = await judge(list(spec));
    expect(Problems).toBeNull();
    expect(Read?.length).toBeGreaterThan(1);
    expect(listApplied(list(spec)).length > 0).toBe(spec.gitops !== undefined);
  });

  it("refuses what an AppProject of Berth does not allow", async () => {
    const all = list(make({ appProject: true }));
    const [first] = ofKind(all, "Application") as readonly Application[];
    if (first === undefined) throw new Error("there is no Application");
    const { spec } = first;
    const strays = [
      {
        ...first,
        spec: { ...spec, destination: { ...spec.destination, namespace: "kube-system" } },
      },
      { ...first, spec: { ...spec, source: { ...spec.source, repoURL: "https://x.example.org" } } },
    ];
    const secret = {
      Project: spec.project,
      Group: "",
      Kind: "Secret",
      Name: "x",
      Namespace: "db-postgres",
      Destination: spec.destination,
    };
    const { Problems } = await judge(all, { Applications: strays, Applied: [secret] });
    expect(Problems).toMatchObject([
      expect.stringContaining("do not match any of the allowed destinations"),
      expect.stringContaining("repo https://x.example.org is not permitted"),
      expect.stringContaining("Secret db-postgres/x is not permitted"),
    ]);
  });

  it("makes from the ApplicationSet the very Applications that Berth writes", async () => {
    const { Problems, Read, Generated } = await judge(
      list(make({ parent: "application-set", appProject: true })),
    );
    expect(Problems).toBeNull();
    const byName = (them: Verdict["Read"]) =>
      (them ?? [])
        .map(({ metadata, spec }) => ({ metadata, spec }))
        .toSorted((a, b) => (a.metadata.name < b.metadata.name ? -1 : 1));
    expect(Generated?.length).toBeGreaterThan(5);
    expect(byName(Generated)).toEqual(byName(Read));
  });

  it("has by itself the health checks that are not asked for", async () => {
    const Kinds = healthChecks.map(({ group, kind }) => ({ Group: group, Kind: kind }));
    const { HasCheck } = await ask({ Kinds });
    expect(HasCheck).toEqual(healthChecks.map(({ isBuiltIn }) => isBuiltIn));
  });

  it("gives with the health checks what a common Lua gives", async () => {
    const luaOf = (kind: string) => healthChecks.find((one) => one.kind === kind)?.lua;
    const { Health } = await ask({
      Checks: healthRows.map(({ kind, object }) => ({ Lua: luaOf(kind), Object: object })),
    });
    expect(Health).toEqual(healthRows.map(({ expected }) => expected));
  });
});
