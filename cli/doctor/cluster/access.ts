import pLimit from "p-limit";
import type { StackSpec } from "../../../components/config/spec.ts";
import { BerthError, toOneError } from "../../../components/errors.ts";
import {
  createKubeAccess,
  type KubeAccess,
  parseAnswer,
} from "../../../components/kubernetes/access.ts";
import { KubeError } from "../../../components/kubernetes/error.ts";
import {
  type KubeconfigChoice,
  loadKubeContext,
} from "../../../components/kubernetes/kubeconfig.ts";
import {
  fixForRight,
  type KubeRight,
  toResourceName,
} from "../../../components/kubernetes/rbac.ts";
import { isAllowed } from "../../../components/kubernetes/rights.ts";
import { type KubeTarget, resolvePodPort } from "../../../components/tunnel/target.ts";
import { NotNeeded, type Outcome, type Report } from "../report.ts";
import { planRights } from "./rights.ts";

/** Checks of the way through the cluster: kubeconfig, API server, rights, and the Service or Pod. */

const group = "cluster";

export interface ReachedCluster {
  readonly access: KubeAccess;
  readonly endpoint: KubeTarget;
  /** Minor version of Kubernetes 1.x. */
  readonly minor: number;
}

export const requestOptions = { timeoutMs: 9_000, isBackground: false } as const;

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
      const { access, detail } = await openContext(endpoint);
      return { value: { endpoint, access }, detail };
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

export async function openContext(
  choice: KubeconfigChoice,
): Promise<{ access: KubeAccess; detail: string }> {
  const context = await loadKubeContext(choice);
  const detail = `context "${context.name}", user "${context.user.name}"`;
  return { access: createKubeAccess(context), detail };
}

/** The Kubernetes version of the API server. Throws when it does not answer. */
export async function askVersion(access: KubeAccess): Promise<{ minor: number; detail: string }> {
  const { name, kubectl, cluster } = access.context;
  const { status, body } = await access.send({ path: "/version" }, requestOptions);
  if (status !== 200) {
    throw new KubeError(
      "api-failed",
      `${cluster.server} (context "${name}") answered ${String(status)} to GET /version`,
      { hint: `${kubectl} get --raw /version` },
    );
  }
  const version = parseAnswer(access.context, body) as { minor?: string; gitVersion?: string };
  const detail = `${cluster.server}, Kubernetes ${version.gitVersion ?? "?"}`;
  return { minor: Number.parseInt(version.minor ?? "", 10), detail };
}

export async function checkTarget(
  report: Report,
  cluster: Outcome<ReachedCluster>,
): Promise<Outcome<undefined>> {
  const fix = "correct berth:postgres.endpoint.kubernetes";
  const rights = await report.check({ group, name: "rights", fix }, [cluster], async (reached) => {
    const { access, endpoint, minor } = reached;
    const needed = planRights(endpoint, minor);
    await requireRights(access, needed);
    const names = needed.map(({ verb, resource }) => `${verb} ${resource}`);
    return { detail: `${names.join(", ")} in ${endpoint.namespace}` };
  });
  await report.check({ group, name: "namespace", fix }, [cluster, rights], async (reached) => {
    const { access, endpoint } = reached;
    const path = `/api/v1/namespaces/${encodeURIComponent(endpoint.namespace)}`;
    const { status } = await access.send({ path }, requestOptions);
    if (status === 403) {
      throw new NotNeeded("this user may not read namespaces; the next check needs it to be there");
    }
    if (status !== 404) return { detail: endpoint.namespace };
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
      return { detail };
    },
  );
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
      const what = `${user} may not ${right.verb} ${toResourceName(right)}${where}`;
      return { what, fix: fixForRight(access.context, right) };
    });
  if (problems.length > 0) throw toOneError("rights", problems);
}
