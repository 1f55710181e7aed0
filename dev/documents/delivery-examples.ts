import { parse } from "yaml";
import { parseStack } from "../../components/config/parse.ts";
import type { GitOpsSpec } from "../../components/config/spec/delivery.ts";
import {
  buildHealthSettings,
  healthChecks,
} from "../../components/delivery/argocd/health-checks.ts";
import { describeObject, listObjects } from "../../components/delivery/cluster/objects.ts";
import { decideCheckout } from "../../components/delivery/git/checkout.ts";
import { findUnlistedFiles } from "../../components/delivery/git/kustomizations.ts";
import { planStackDelivery, type StackDelivery } from "../../components/delivery/stack-delivery.ts";
import { formatYaml } from "../../components/delivery/yaml.ts";
import { describeProblem } from "../../components/errors.ts";
import { formatHeader } from "../../provider/manifest-file/header.ts";
import { berthRights } from "../cluster/objects.ts";

/** The examples of docs/delivery: parts of a stack file, and the manifests that they lead to. */

interface Example {
  readonly stack?: string;
  /** What git says of the folder's path in the repository. @default - its root */
  readonly prefix?: string;
  /** As it stands in a stack file. */
  readonly text: string;
  /** What of the manifests is shown: paths of files, or kinds and names of applied objects. */
  readonly shown: readonly string[];
}

/** What an example does not say. */
const rest = {
  postgres: { endpoint: { kubernetes: { namespace: "db-postgres", service: "postgres" } } },
  onepassword: { vault: "Coachlight" },
};
const gitops = { directory: "../gitops", repoURL: "https://git.example.org/gitops.git" };

const examples = {
  app: {
    text: `berth:apps:
  wiki:
    workload:
      helm:
        repoURL: ghcr.io/example/charts
        chart: wiki
        version: 1.4.0
        valueFiles: [$values/apps/wiki/values.yaml]
        values: { database: { host: "\${host}", existingSecret: "\${secret}" } }
    argocd:
      destination: { name: edge }
      syncPolicy:
        automated: { prune: false }
        syncOptions: [ServerSideApply=true]
      ignoreDifferences:
        - { group: apps, kind: Deployment, jsonPointers: [/spec/replicas] }
    metadata:
      all: { labels: { team: docs } }
      OnePasswordItem:
        annotations: { operator.1password.io/auto-restart: "true" }
`,
    shown: ["argocd/apps/infra/wiki.yml", "k8s/infra/wiki/00-onepassworditems-infra-wiki.yaml"],
  },
  "two stacks": {
    stack: "staging",
    text: `berth:gitops:
  directory: ../gitops/clusters/staging
  path: clusters/staging
  repoURL: https://git.example.org/gitops.git
berth:argocd:
  names: \${stack}-\${name}
  destination: { name: staging }
berth:apps:
  wiki:
`,
    shown: ["argocd/apps/infra/wiki.yml"],
  },
  projects: {
    text: `berth:argocd:
  appProject:
    kinds: [apps/Deployment, Service, ConfigMap]
berth:apps:
  wiki:
    workload:
      git: { path: apps/wiki }
`,
    shown: ["argocd/apps/projects/berth-prod.yml", "argocd/apps/projects/berth-prod-db.yml"],
  },
  parent: {
    text: `berth:argocd:
  parent: application
berth:apps: {}
`,
    shown: ["argocd/berth-prod.yml"],
  },
  set: {
    text: `berth:argocd:
  parent: application-set
berth:apps: {}
`,
    shown: ["argocd/berth-prod.yml"],
  },
  flux: {
    text: `berth:gitops:
  directory: ../gitops/clusters/home
  path: clusters/home
  repoURL: https://git.example.org/gitops.git
  workloads: flux
berth:apps:
  wiki:
    workload:
      git: { path: apps/wiki }
`,
    shown: [
      "flux/apps/db/wiki-db-provisioner.yaml",
      "flux/apps/infra/wiki-secrets.yaml",
      "flux/apps/infra/wiki.yaml",
      "k8s/infra/wiki/00-namespaces.yaml",
    ],
  },
  none: {
    text: `berth:gitops:
  directory: ../gitops
  repoURL: https://git.example.org/gitops.git
  workloads: none
berth:apps:
  wiki:
`,
    shown: ["k8s/infra/wiki/00-onepassworditems-infra-wiki.yaml"],
  },
  git: {
    text: `berth:gitops:
  directory: ../gitops
  repoURL: https://git.example.org/gitops.git
berth:apps:
  wiki:
    workload:
      git: { path: apps/wiki }
`,
    shown: [
      "argocd/apps/db/wiki-db-provisioner.yml",
      "k8s/db-provisioning/wiki/00-onepassworditems-db-postgres.yaml",
      "argocd/apps/infra/wiki.yml",
      "k8s/infra/wiki/00-onepassworditems-infra-wiki.yaml",
    ],
  },
  repository: {
    prefix: "clusters/home",
    text: `berth:gitops:
  directory: ../gitops/clusters/home
  repoURL: https://git.example.org/gitops.git
berth:apps:
  wiki:
`,
    shown: ["argocd/apps/infra/wiki.yml"],
  },
  cluster: {
    text: `berth:cluster:
  context: home
berth:apps:
  wiki:
    workload:
      git: { repoURL: https://git.example.org/wiki.git, path: deploy }
`,
    shown: [
      "Namespace infra-wiki",
      "OnePasswordItem infra-wiki/wiki-db-credentials",
      "Application argocd/wiki",
    ],
  },
  primary: {
    text: `berth:postgres:
  endpoint:
    kubernetes: { namespace: db-postgres, selector: "cluster-name=main,role=primary" }
  service: { host: main.db-postgres.svc.cluster.local }
berth:apps:
  wiki:
    workload:
      helm:
        repoURL: ghcr.io/example/charts
        chart: wiki
        version: 1.4.0
        values: { database: { host: "\${host}", existingSecret: "\${secret}" } }
`,
    shown: ["argocd/apps/infra/wiki.yml"],
  },
} satisfies Readonly<Record<string, Example>>;

export function showExample(name: keyof typeof examples): string {
  const { text, shown }: Example = examples[name];
  const found = new Map(listTexts(name));
  const objects = shown.map((title) => {
    const content = found.get(title);
    if (content === undefined) throw new Error(`the example ${name} makes no ${title}`);
    return `\`${title}\`:\n\n${fence(content)}`;
  });
  return [fence(text), ...objects].join("\n\n");
}

/** What `pulumi up` writes into the empty folder of a stack with one app. */
export function listFiles(): string {
  return fence(
    listTexts("git")
      .map(([path]) => `${path}\n`)
      .toSorted()
      .join(""),
    "",
  );
}

/** A file as it stands in the checkout. */
export function showFile(): string {
  const path = "k8s/infra/wiki/00-onepassworditems-infra-wiki.yaml";
  const content = new Map(listTexts("git")).get(path) ?? "";
  return `\`${path}\`:\n\n${fence(formatHeader("stack prod, app wiki") + content)}`;
}

/** What is said of a kustomization that lacks files. */
export function showUnlisted(): string {
  const { files } = planExample("git");
  const file = "argocd/apps/infra/kustomization.yaml";
  const problems = findUnlistedFiles(files, [{ file, resources: ["netbox.yml"] }]);
  return fence(`${problems.map((one) => `warning: ${describeProblem(one)}`).join("\n")}\n`, "");
}

/** What the stack's user has to be allowed in the database's namespace. */
export function showRights(): string {
  return fence(formatYaml(berthRights("db-postgres", true)));
}

/** The texts of all manifests, by what a document calls them. */
function listTexts(name: keyof typeof examples): readonly (readonly [string, string])[] {
  const { files, applied } = planExample(name);
  return [
    ...files.map(({ path, content }) => [path, content] as const),
    ...applied
      .flatMap(listObjects)
      .map((object) => [describeObject(object), formatYaml([object])] as const),
  ];
}

function planExample(name: keyof typeof examples): StackDelivery {
  const { text, stack = "prod", prefix = "" }: Example = examples[name];
  const written = Object.entries(parse(text) as Readonly<Record<string, unknown>>);
  const values = Object.fromEntries(
    written.map(([key, value]) => [key.replace("berth:", ""), value] as const),
  );
  const place = "cluster" in values ? {} : { gitops };
  const spec = parseStack(stack, { ...rest, ...place, ...values });
  return planStackDelivery(
    spec.gitops === undefined ? spec : { ...spec, gitops: inCheckout(spec.gitops, prefix) },
    ({ item }) => ({ vaultId: "coachlight", itemId: item }),
  );
}

function inCheckout(gitops: GitOpsSpec, prefix: string): GitOpsSpec {
  const facts = { prefix, branch: gitops.targetRevision, isTag: false };
  return { ...gitops, path: decideCheckout(gitops, facts).path };
}

export function healthText(): string {
  return fence(formatYaml([buildHealthSettings("argocd", healthChecks)]));
}

function fence(text: string, language = "yaml"): string {
  return `\`\`\`${language}\n${text}\`\`\``;
}
