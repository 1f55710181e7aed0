import pLimit from "p-limit";
import type { EndpointSpec } from "../../../components/config/spec/postgres.ts";
import type { StackSpec } from "../../../components/config/spec.ts";
import { BerthError, toOneError } from "../../../components/errors.ts";
import {
  createKubeAccess,
  type KubeAccess,
  parseAnswer,
} from "../../../components/kubernetes/access.ts";
import { KubeError } from "../../../components/kubernetes/error.ts";
import { loadKubeContext } from "../../../components/kubernetes/kubeconfig.ts";
import {
  isAllowed,
  type KubeRight,
  toCanI,
  toResourceName,
} from "../../../components/kubernetes/rights.ts";
import { resolvePodPort } from "../../../components/tunnel/target.ts";
import { NotNeeded, type Outcome, type Report } from "../report.ts";
import { planRights } from "./rights.ts";

/** Checks of the way through the cluster: kubeconfig, API server, rights, and the Service or Pod. */

const group = "cluster";

type KubernetesEndpoint = Extract<EndpointSpec, { kind: "kubernetes" }>;

/** An API server that answered. */
export interface ReachedCluster {
  readonly access: KubeAccess;
  readonly endpoint: KubernetesEndpoint;
  /** Minor version of Kubernetes 1.x. */
  readonly minor: number;
}

/** Options of one request. */
export const requestOptions = { timeoutMs: 9_000, isBackground: false } as const;

/** Checks the kubeconfig, its context, and the API server. */
export async function checkCluster(
  report: Report,
  spec: Outcome<StackSpec>,
): Promise<Outcome<ReachedCluster>> {
  const context = await report.check(
    { group, name: "kubeconfig", fix: "kubectl config view" },
    [spec],
    async ({ postgres: { endpoint } }) => {
      if (endpoint.kind === "direct") {
        throw new NotNeeded("berth:postgres.endpoint is direct and names no cluster");
      }
      const found = await loadKubeContext(endpoint);
      const detail = `context "${found.name}", user "${found.user.name}"`;
      return { value: { endpoint, access: createKubeAccess(found) }, detail };
    },
  );
  return await report.check(
    { group, name: "API server", fix: "kubectl cluster-info" },
    [context],
    async ({ access, endpoint }) => {
      const { minor, detail } = await askVersion(access);
      return { value: { access, endpoint, minor }, detail };
    },
  );
}

/** The Kubernetes version of the API server. Throws when it does not answer. */
export async function askVersion(access: KubeAccess): Promise<{ minor: number; detail: string }> {
  const version = (await get(access, "/version")) as { minor?: string; gitVersion?: string };
  const detail = `${access.context.cluster.server}, Kubernetes ${version.gitVersion ?? "?"}`;
  return { minor: Number.parseInt(version.minor ?? "", 10), detail };
}

/** Checks the namespace, the rights in it, and the Service or Pod that the port-forward needs. */
export async function checkTarget(
  report: Report,
  cluster: Outcome<ReachedCluster>,
): Promise<Outcome<undefined>> {
  const fix = "correct berth:postgres.endpoint.kubernetes";
  const rights = await report.check({ group, name: "rights", fix }, [cluster], checkRights);
  await report.check({ group, name: "namespace", fix }, [cluster, rights], async (reached) => {
    const { access, endpoint } = reached;
    const path = `/api/v1/namespaces/${encodeURIComponent(endpoint.namespace)}`;
    const { status } = await access.send({ path }, requestOptions);
    if (status === 403) {
      throw new NotNeeded("this user may not read namespaces; the next check needs it to be there");
    }
    if (status !== 404) return { value: undefined, detail: endpoint.namespace };
    throw new BerthError(`there is no namespace "${endpoint.namespace}"`, {
      hint: `${access.context.kubectl} get namespaces; then ${fix}.namespace`,
    });
  });
  return await report.check(
    { group, name: "Service or Pod", fix },
    [cluster, rights],
    async (reached) => {
      const { access, endpoint } = reached;
      const found = await resolvePodPort(access, endpoint, requestOptions);
      const { kind, name } = endpoint.target;
      const detail = `${kind} ${name}:${String(endpoint.port)} leads to Pod ${found.pod}:${String(found.port)}`;
      return { value: undefined, detail };
    },
  );
}

async function checkRights({ access, endpoint, minor }: ReachedCluster) {
  const rights = planRights(endpoint, minor);
  await requireRights(access, rights);
  const names = rights.map(({ verb, resource }) => `${verb} ${resource}`);
  return { value: undefined, detail: `${names.join(", ")} in ${endpoint.namespace}` };
}

/** Throws one error with every right that the user lacks. */
export async function requireRights(
  access: KubeAccess,
  rights: readonly KubeRight[],
): Promise<void> {
  const limit = pLimit(8);
  const allowed = await Promise.all(rights.map((right) => limit(() => isAllowed(access, right))));
  const user = `user "${access.context.user.name}" (context "${access.context.name}")`;
  const problems = rights
    .filter((_, index) => allowed[index] === false)
    .map((right) => {
      const where = right.namespace === undefined ? "" : ` in namespace "${right.namespace}"`;
      const role = right.namespace === undefined ? "ClusterRole" : "Role";
      const resource = toResourceName(right);
      return (
        `${user} may not ${right.verb} ${resource}${where}\n` +
        `    fix: have a ${role} with verb "${right.verb}" on ${resource} bound to this user; test with: ${toCanI(access, right)}`
      );
    });
  if (problems.length > 0) throw toOneError("rights", problems);
}

/** A path that everyone may read. */
async function get(access: KubeAccess, path: string): Promise<unknown> {
  const answer = await access.send({ path }, requestOptions);
  if (answer.status >= 200 && answer.status <= 299) {
    return parseAnswer(access.context, answer.body);
  }
  const { name, kubectl, cluster } = access.context;
  throw new KubeError(
    "api-failed",
    `${cluster.server} (context "${name}") answered ${String(answer.status)} to GET ${path}`,
    { hint: `${kubectl} get --raw ${path}` },
  );
}
