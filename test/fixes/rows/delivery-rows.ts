import type { ClusterSpec, GitOpsSpec } from "../../../components/config/spec/delivery.ts";
import type {
  ClusterFacts,
  LiveClusterObject,
} from "../../../components/delivery/cluster/findings.ts";
import { KINDS } from "../../../components/delivery/cluster/kinds.ts";
import { decideCheckout } from "../../../components/delivery/git/checkout.ts";
import { planStackDelivery } from "../../../components/delivery/stack-delivery.ts";
import { toOneError } from "../../../components/errors.ts";
import { buildExternalSecret } from "../../../components/secrets/external-secret.ts";
import { formatItemPath } from "../../../components/secrets/onepassword-item.ts";
import { CLUSTER, decideForNetbox } from "../../delivery/cluster.ts";
import { makeStack, NETBOX, toItemId } from "../../delivery/stack.ts";
import { edited, type Row } from "../trial.ts";

/** Fixes of manifests, of a cluster that gets them, and of psql scripts. */

interface Applied {
  readonly facts?: Partial<ClusterFacts>;
  readonly cluster?: Partial<ClusterSpec>;
}

const item = "OnePasswordItem infra-netbox/netbox-db-credentials";
const application = "Application argocd/netbox";
const ofOthers: LiveClusterObject = { managers: ["kubectl"], finalizers: [] };

function apply({ facts, cluster }: Applied): void {
  const { warnings } = decideForNetbox(facts, cluster);
  const [warning] = warnings.filter(({ fix }) => fix !== undefined);
  if (warning !== undefined) throw toOneError("a warning", [warning]);
}

const ofCluster = (given: Applied, edit: (given: Applied, fix: string) => Applied) =>
  edited(given, apply, edit);

const clusterRows: readonly Row[] = [
  {
    fix: "add under berth:cluster: identifier: …",
    when: "no cluster is pinned",
    arrange: ofCluster({ cluster: { identifier: undefined } }, (_, fix) => ({
      cluster: { identifier: /identifier: (\S+)$/.exec(fix)?.[1] },
    })),
  },
  {
    fix: "correct berth:cluster.context, or berth:cluster.identifier after moving the stack",
    when: "another cluster is pinned",
    arrange: ofCluster({ cluster: { identifier: "uid-of-work" } }, () => ({})),
  },
  {
    fix: "install …",
    when: "a kind is not there",
    arrange: ofCluster({ facts: { missingKinds: KINDS.slice(0, 1) } }, () => ({})),
  },
  {
    fix: "kubectl create namespace …, or correct the stack file",
    when: "a namespace is not there",
    arrange: ofCluster({ cluster: { createNamespaces: false } }, ({ cluster }, fix) => {
      const name = /create namespace (\S+),/.exec(fix)?.[1] ?? "";
      return {
        cluster: cluster ?? {},
        facts: { namespaces: new Set(["db-postgres", "argocd", name]) },
      };
    }),
  },
  {
    fix: "use another name, or adopt it with berth:cluster.adopt: true",
    when: "somebody else made an object",
    arrange: ofCluster({ facts: { objects: new Map([[item, ofOthers]]) } }, (given) => ({
      ...given,
      cluster: { adopt: true },
    })),
  },
  {
    fix: `kubectl -n … patch … … --type=merge -p '{"metadata":{"finalizers":null}}'`,
    when: "an Application would take its workload along",
    arrange: ofCluster(
      {
        cluster: { adopt: true },
        facts: {
          objects: new Map([
            [application, { ...ofOthers, finalizers: ["resources-finalizer.argocd.argoproj.io"] }],
          ]),
        },
      },
      ({ cluster }) => ({
        cluster: cluster ?? {},
        facts: { objects: new Map([[application, ofOthers]]) },
      }),
    ),
  },
].map((row) => ({ file: "components/delivery/cluster/findings.ts", ...row }));

interface Followed {
  readonly gitops?: Partial<GitOpsSpec>;
  readonly branch?: string;
}

const ofCheckout = (given: Followed, edit: (given: Followed, fix: string) => Followed) =>
  edited(
    given,
    ({ gitops = {}, branch = "main" }) => {
      const tree = makeStack([]).gitops;
      if (tree === undefined) throw new Error("the stack has no tree");
      const facts = { prefix: "clusters/home", branch, isTag: false };
      const { warnings } = decideCheckout({ ...tree, ...gitops }, facts);
      if (warnings.length > 0) throw toOneError("a warning", warnings);
    },
    edit,
  );

const checkoutRows: readonly Row[] = [
  {
    fix: "remove the key, or correct it",
    when: "git knows another path",
    arrange: ofCheckout({ gitops: { path: "a" } }, () => ({})),
  },
  {
    fix: 'check out "…" there, or correct berth:gitops.targetRevision',
    when: "another branch is checked out",
    arrange: ofCheckout({ branch: "feature" }, (_, fix) => ({
      branch: /check out "(\w+)"/.exec(fix)?.[1] ?? "",
    })),
  },
].map((row) => ({ file: "components/delivery/git/checkout.ts", ...row }));

const secretArgs = {
  name: "netbox-superuser",
  namespace: "infra-netbox",
  title: "NetBox superuser",
  store: { kind: "ClusterSecretStore", name: "berth-prod" },
  refreshInterval: "1h0m0s",
  labels: {},
  annotations: {},
} as const;

export const deliveryRows: readonly Row[] = [
  ...clusterRows,
  ...checkoutRows,
  {
    file: "components/delivery/app-objects.ts",
    fix: "make an item for the app, and name it in the stack file",
    when: "an app asks for the admin's item",
    arrange: edited(
      "postgres-admin",
      (asked) => {
        const made = makeStack([{ ...NETBOX, delivery: "cluster" }]);
        const spec = { ...made, gitops: undefined, cluster: CLUSTER };
        planStackDelivery(spec, (ref) =>
          toItemId(ref.item === "netbox-db-credentials" ? { ...ref, item: asked } : ref),
        );
      },
      () => "netbox-db-credentials",
    ),
  },
  {
    file: "components/secrets/external-secret.ts",
    fix: "relabel the field in 1Password",
    when: "two fields have one key",
    arrange: edited(
      ["API Token", "API!Token"],
      (fields) => buildExternalSecret({ ...secretArgs, fields }),
      () => ["API Token", "API Token 2"],
    ),
  },
  {
    file: "components/secrets/onepassword-item.ts",
    fix: "use the 26-character id, which has no slash and no space",
    when: "an id has a slash",
    arrange: edited(
      "a/b",
      (itemId) => formatItemPath({ vaultId: "v", itemId }),
      () => "ab",
    ),
  },
];
