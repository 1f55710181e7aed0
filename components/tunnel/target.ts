import type {
  V1Container,
  V1EndpointSlice,
  V1Pod,
  V1Service,
  V1ServicePort,
} from "@kubernetes/client-node";
import type { KubeTargetSpec } from "../config/spec/postgres.ts";
import type { KubeAccess, RequestOptions } from "../kubernetes/access.ts";
import { KubeError, toShownText } from "../kubernetes/error.ts";

/** The Service or Pod in the stack file, and its port. */
export interface KubeTarget {
  readonly namespace: string;
  readonly target: KubeTargetSpec;
  readonly port: number;
}

/** What a port-forward needs: one Pod and the port in it. */
export interface PodPort {
  readonly namespace: string;
  readonly pod: string;
  /** Distinguishes the Pod from a later one with the same name. */
  readonly uid: string | undefined;
  readonly port: number;
}

/**
 * Finds the Pod to forward to. Of a Service's Pods only a ready one is used: the others accept the port-forward
 * and then refuse, which looks like a wrong password or a dead server.
 *
 * It needs `get` on the Service and `list` on Pods (or `get` on the Pod), as kubectl does; for a Service without a
 * selector also `list` on EndpointSlices.
 */
export async function resolvePodPort(
  access: KubeAccess,
  wanted: KubeTarget,
  options: RequestOptions,
): Promise<PodPort> {
  switch (wanted.target.kind) {
    case "pod":
      return await resolvePod(access, wanted, options);
    case "service":
      return await resolveService(access, wanted, options);
    case "selector":
      return await resolveSelector(access, wanted, options);
  }
}

async function resolvePod(
  access: KubeAccess,
  wanted: KubeTarget,
  options: RequestOptions,
): Promise<PodPort> {
  const { namespace, target, port } = wanted;
  const ask = { verb: "get", resource: "pods", namespace, name: target.name } as const;
  const pod = (await access.read(ask, {}, options)) as V1Pod;
  if (pod.status?.phase !== "Running" || pod.metadata?.deletionTimestamp !== undefined) {
    throw new KubeError(
      "no-ready-pod",
      `Pod "${target.name}" in namespace "${namespace}" (context "${access.context.name}") does not run: ${formatPod(pod)}`,
      { hint: `${access.context.kubectl} -n ${namespace} describe pod ${target.name}` },
    );
  }
  return { namespace, pod: target.name, uid: pod.metadata?.uid, port };
}

async function resolveService(
  access: KubeAccess,
  wanted: KubeTarget,
  options: RequestOptions,
): Promise<PodPort> {
  const { namespace, target } = wanted;
  const ask = { verb: "get", resource: "services", namespace, name: target.name } as const;
  const service = (await access.read(ask, {}, options)) as V1Service;
  const port = findServicePort(access, wanted, service);
  refuseExternal(access, wanted, service);
  const selector = toSelector(service);
  if (selector === "") return await resolveSlices(access, { wanted, port }, options);
  const list = { verb: "list", resource: "pods", namespace, name: undefined } as const;
  const answer = await access.read(list, { labelSelector: selector }, options);
  const pods = ((answer as { items?: V1Pod[] }).items ?? []).toSorted(byName);
  const ready = pods.find(isReady);
  if (ready === undefined) throw toNoReadyPod(access, wanted, { pods, selector });
  const pod = ready.metadata?.name ?? "";
  const uid = ready.metadata?.uid;
  const targetPort = port.targetPort ?? port.port;
  return { namespace, pod, uid, port: toPodPort(access, ready, targetPort) };
}

/** The one Pod with the labels: of several nobody knows which is the primary. */
async function resolveSelector(
  access: KubeAccess,
  wanted: KubeTarget,
  options: RequestOptions,
): Promise<PodPort> {
  const { namespace, target, port } = wanted;
  const list = { verb: "list", resource: "pods", namespace, name: undefined } as const;
  const answer = await access.read(list, { labelSelector: target.name }, options);
  const pods = ((answer as { items?: V1Pod[] }).items ?? []).toSorted(byName);
  const [first, ...more] = pods.filter(isReady);
  if (first === undefined) throw toNoReadyPod(access, wanted, { pods, selector: target.name });
  if (more.length > 0) {
    const names = [first, ...more].map((pod) => pod.metadata?.name ?? "?").join(", ");
    throw new KubeError(
      "not-found",
      `several ready Pods in namespace "${namespace}" (context "${access.context.name}") have the labels ${target.name}: ${names}`,
      {
        hint: `add the label that only the primary has to berth:postgres.endpoint.kubernetes.selector; see them with: ${access.context.kubectl} -n ${namespace} get pods -l ${target.name} --show-labels`,
      },
    );
  }
  return { namespace, pod: first.metadata?.name ?? "", uid: first.metadata?.uid, port };
}

/**
 * Follows a Service without a selector: Patroni and its operators write the primary's Pod into its endpoints, which
 * Kubernetes copies to EndpointSlices.
 */
async function resolveSlices(
  access: KubeAccess,
  { wanted, port }: { readonly wanted: KubeTarget; readonly port: V1ServicePort },
  options: RequestOptions,
): Promise<PodPort> {
  const { namespace, target } = wanted;
  const apiVersion = "discovery.k8s.io/v1";
  const list = { verb: "list", apiVersion, resource: "endpointslices", namespace } as const;
  const query = { labelSelector: `kubernetes.io/service-name=${target.name}` };
  const answer = await access.read({ ...list, name: undefined }, query, options);
  const slices = (answer as { items?: Partial<V1EndpointSlice>[] }).items ?? [];
  const found = slices.flatMap((slice) => {
    const number = slice.ports?.find(({ name }) => (name ?? "") === (port.name ?? ""))?.port;
    return (slice.endpoints ?? [])
      .filter(({ conditions }) => conditions?.ready !== false)
      .map(({ targetRef }) => ({ targetRef, number }));
  });
  const ready = found.find(({ targetRef }) => targetRef?.kind === "Pod");
  if (ready?.targetRef?.name === undefined) {
    const why = found.length === 0 ? "has no ready endpoint" : "leads to addresses, not to a Pod";
    throw new KubeError(
      found.length === 0 ? "no-ready-pod" : "not-found",
      `Service "${target.name}" in namespace "${namespace}" (context "${access.context.name}") has no selector and ${why}`,
      {
        hint: `name the primary's labels in berth:postgres.endpoint.kubernetes.selector, or use a direct endpoint; see them with: ${access.context.kubectl} -n ${namespace} get endpointslices -l ${query.labelSelector}`,
      },
    );
  }
  const { name, uid } = ready.targetRef;
  return { namespace, pod: name, uid, port: ready.number ?? port.port };
}

/**
 * Whether the Pod has ended, or another Pod has its name. False while the Pod terminates, and if the Pod cannot
 * be read. It needs the same permissions as finding the Pod.
 */
export async function isPodGone(
  access: KubeAccess,
  { target }: KubeTarget,
  podPort: PodPort,
  options: RequestOptions,
): Promise<boolean> {
  const { namespace, pod: name } = podPort;
  const ask = { resource: "pods", namespace } as const;
  try {
    const there =
      target.kind === "pod"
        ? ((await access.read({ ...ask, verb: "get", name }, {}, options)) as V1Pod)
        : await findByName(access, podPort, options);
    const isEnded = /^(Succeeded|Failed)$/.test(there?.status?.phase ?? "");
    return there === undefined || isEnded || there.metadata?.uid !== podPort.uid;
  } catch (error) {
    return error instanceof KubeError && error.kind === "not-found";
  }
}

async function findByName(
  access: KubeAccess,
  { namespace, pod }: PodPort,
  options: RequestOptions,
): Promise<V1Pod | undefined> {
  const list = { verb: "list", resource: "pods", namespace, name: undefined } as const;
  const answer = await access.read(list, { fieldSelector: `metadata.name=${pod}` }, options);
  const { items = [] } = answer as { items?: V1Pod[] };
  return items.find(({ metadata }) => metadata?.name === pod);
}

function findServicePort(
  access: KubeAccess,
  wanted: KubeTarget,
  service: V1Service,
): V1ServicePort {
  const { namespace, target } = wanted;
  const ports = service.spec?.ports ?? [];
  const port = ports.find((p) => p.port === wanted.port && (p.protocol ?? "TCP") === "TCP");
  if (port !== undefined) return port;
  const there = ports.map((p) => (p.name ? `${String(p.port)} (${p.name})` : String(p.port)));
  throw new KubeError(
    "not-found",
    `Service "${target.name}" in namespace "${namespace}" (context "${access.context.name}") has no port ${String(wanted.port)}; it has: ${there.join(", ") || "none"}`,
    { hint: "set berth:postgres.endpoint.kubernetes.port to one of them" },
  );
}

/** Labels as `a=b,c=d`; empty = the Service selects no Pods by itself. */
function toSelector(service: V1Service): string {
  const labels = Object.entries(service.spec?.selector ?? {});
  return labels.map(([key, value]) => `${key}=${value}`).join(",");
}

function refuseExternal(access: KubeAccess, wanted: KubeTarget, { spec }: V1Service): void {
  if (spec?.type !== "ExternalName") return;
  throw new KubeError(
    "not-found",
    `Service "${wanted.target.name}" in namespace "${wanted.namespace}" (context "${access.context.name}") stands for ${spec.externalName ?? "another host"}; a port-forward needs a Pod`,
    { hint: "use a direct endpoint with that host, or name another Service" },
  );
}

function toPodPort(access: KubeAccess, pod: V1Pod, targetPort: number | string): number {
  if (typeof targetPort === "number") return targetPort;
  const containers: readonly V1Container[] = [
    ...(pod.spec?.containers ?? []),
    ...(pod.spec?.initContainers ?? []),
  ];
  const named = containers.flatMap((c) => c.ports ?? []).find((p) => p.name === targetPort);
  if (named !== undefined) return named.containerPort;
  const name = pod.metadata?.name ?? "";
  const namespace = pod.metadata?.namespace ?? "";
  throw new KubeError(
    "not-found",
    `Pod "${name}" (context "${access.context.name}") has no port named "${targetPort}", which its Service points to`,
    { hint: `${access.context.kubectl} -n ${namespace} describe pod ${name}` },
  );
}

function isReady(pod: V1Pod): boolean {
  const ready = pod.status?.conditions?.find((condition) => condition.type === "Ready");
  return (
    pod.status?.phase === "Running" &&
    pod.metadata?.deletionTimestamp === undefined &&
    ready?.status === "True"
  );
}

function byName(a: V1Pod, b: V1Pod): number {
  const [left, right] = [a.metadata?.name ?? "", b.metadata?.name ?? ""];
  return left < right ? -1 : left > right ? 1 : 0;
}

function toNoReadyPod(
  access: KubeAccess,
  wanted: KubeTarget,
  found: { readonly pods: readonly V1Pod[]; readonly selector: string },
): KubeError {
  const { namespace, target } = wanted;
  const pods = found.pods.map((pod) => `${pod.metadata?.name ?? "?"} is ${formatPod(pod)}`);
  const state = pods.length > 0 ? pods.join("; ") : `no Pod has the labels ${found.selector}`;
  const whose = target.kind === "service" ? `Service "${target.name}"` : "the selector";
  return new KubeError(
    "no-ready-pod",
    `${whose} in namespace "${namespace}" (context "${access.context.name}") has no ready Pod: ${state}`,
    { hint: `${access.context.kubectl} -n ${namespace} get pods -l ${found.selector}` },
  );
}

/** `Pending (ImagePullBackOff)`, `Running, not ready`: the word that `kubectl get pods` shows. */
function formatPod(pod: V1Pod): string {
  if (pod.metadata?.deletionTimestamp !== undefined) return "Terminating";
  const phase = pod.status?.phase ?? "Unknown";
  const states = [
    ...(pod.status?.containerStatuses ?? []),
    ...(pod.status?.initContainerStatuses ?? []),
  ].map((status) => status.state?.waiting?.reason ?? status.state?.terminated?.reason);
  const unscheduled = pod.status?.conditions?.find(
    (condition) => condition.type === "PodScheduled" && condition.status === "False",
  );
  const reason = states.find((state) => state !== undefined) ?? unscheduled?.reason;
  if (reason !== undefined) return `${phase} (${toShownText(reason)})`;
  return phase === "Running" && !isReady(pod) ? "Running, not ready" : phase;
}
