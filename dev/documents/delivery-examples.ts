import { parse } from "yaml";
import { parseStack } from "../../components/config/parse.ts";
import {
  buildHealthSettings,
  healthChecks,
} from "../../components/delivery/argocd/health-checks.ts";
import { listObjects } from "../../components/delivery/cluster/objects.ts";
import { isFiles, planStackDelivery } from "../../components/delivery/stack-delivery.ts";
import { formatYaml } from "../../components/delivery/yaml.ts";

/** The examples of docs/delivery: parts of a stack file, and the manifests that they lead to. */

interface Example {
  readonly stack?: string;
  /** As it stands in a stack file. */
  readonly text: string;
  /** What of the manifests is shown: paths of files, or kinds of applied objects. */
  readonly shown: readonly string[];
}

/** What an example does not say. */
const rest = {
  postgres: { endpoint: { kubernetes: { namespace: "db-postgres", service: "postgres" } } },
  onepassword: { vault: "Coachlight" },
  gitops: { directory: "../gitops", repoURL: "https://git.example.org/gitops.git" },
};

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
} satisfies Readonly<Record<string, Example>>;

/** An example as a document shows it. */
export function showExample(name: keyof typeof examples): string {
  const { text, shown, stack = "prod" }: Example = examples[name];
  const written = Object.entries(parse(text) as Readonly<Record<string, unknown>>);
  const values = written.map(([key, value]) => [key.replace("berth:", ""), value] as const);
  const spec = parseStack(stack, { ...rest, ...Object.fromEntries(values) });
  const delivery = planStackDelivery(spec, ({ item }) => ({ vaultId: "coachlight", itemId: item }));
  const found = new Map(
    [delivery.shared, ...spec.apps.map(delivery.ofApp)].flatMap((plan) => {
      if (plan === undefined) return [];
      if (isFiles(plan)) return plan.files.map(({ path, content }) => [path, content] as const);
      return listObjects(plan).map((object) => [object.kind, formatYaml([object])] as const);
    }),
  );
  const files = shown.map((path) => {
    const content = found.get(path);
    if (content === undefined) throw new Error(`the example ${name} makes no ${path}`);
    return `\`${path}\`:\n\n${fence(content)}`;
  });
  return [fence(text), ...files].join("\n\n");
}

/** A ConfigMap with all health checks. */
export function healthText(): string {
  return fence(formatYaml([buildHealthSettings("argocd", healthChecks)]));
}

function fence(yaml: string): string {
  return `\`\`\`yaml\n${yaml}\`\`\``;
}
