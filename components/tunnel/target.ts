import type {
  V1Container,
  V1EndpointSlice,
  V1Pod,
  V1Service,
  V1ServicePort,
} from "@kubernetes/client-node";
import type { EndpointSpec } from "../config/spec/postgres.ts";
import type { KubeAccess, RequestOptions } from "../kubernetes/access.ts";
import { KubeError, toShownText } from "../kubernetes/error.ts";
import { compareText } from "../sort.ts";

/** The Service or Pod in the stack file, and its port. */
export type KubeTarget = Pick<
  Extract<EndpointSpec, { kind: "kubernetes" }>,
  "namespace" | "target" | "port"
>;

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
  const { namespace } = wanted;
  const place = placeOf(access, namespace);
  const kubectl = `${access.context.kubectl} -n ${namespace}`;
  const lookup = { ...wanted, access, options, place, kubectl };
  switch (wanted.target.kind) {
    case "pod":
      return await resolvePod(lookup);
    case "service":
      return await resolveService(lookup);
    case "selector":
      return await resolveSelector(lookup);
  }
}

interface Lookup extends KubeTarget {
  readonly access: KubeAccess;
  readonly options: RequestOptions;
  /** The namespace and context, for messages. */
  readonly place: string;
  /** With flags that lead there. */
  readonly kubectl: string;
}

async function resolvePod(lookup: Lookup): Promise<PodPort> {
  const { access, options, namespace, target, port, place, kubectl } = lookup;
  const { name } = target;
  const ask = { verb: "get", resource: "pods", namespace, name } as const;
  const pod = (await access.read(ask, {}, options)) as V1Pod;
  if (pod.status?.phase !== "Running" || pod.metadata?.deletionTimestamp !== undefined) {
    const message = `Pod "${name}" ${place} does not run: ${formatPod(pod)}`;
    throw new KubeError("no-ready-pod", message, { hint: `${kubectl} describe pod ${name}` });
  }
  return { namespace, pod: name, uid: pod.metadata?.uid, port };
}

async function resolveService(lookup: Lookup): Promise<PodPort> {
  const { access, options, namespace, target } = lookup;
  const ask = { verb: "get", resource: "services", namespace, name: target.name } as const;
  const service = (await access.read(ask, {}, options)) as V1Service;
  const port = findServicePort(lookup, service);
  refuseExternal(lookup, service);
  const selector = toSelector(service);
  if (selector === "") return await resolveSlices(lookup, port);
  const [ready] = await findReady(lookup, selector);
  const targetPort = port.targetPort ?? port.port;
  return { namespace, ...idOf(ready), port: toPodPort(lookup, ready, targetPort) };
}

/** The one Pod with the labels: of several nobody knows which is the primary. */
async function resolveSelector(lookup: Lookup): Promise<PodPort> {
  const { namespace, target, port, place, kubectl } = lookup;
  const ready = await findReady(lookup, target.name);
  if (ready.length > 1) {
    const names = ready.map((pod) => pod.metadata?.name ?? "?").join(", ");
    const message = `several ready Pods ${place} have the labels ${target.name}: ${names}`;
    throw new KubeError("not-found", message, {
      hint: `add the label that only the primary has to berth:postgres.endpoint.kubernetes.selector; see them with: ${kubectl} get pods -l ${target.name} --show-labels`,
    });
  }
  return { namespace, ...idOf(ready[0]), port };
}

function idOf({ metadata }: V1Pod): Pick<PodPort, "pod" | "uid"> {
  return { pod: metadata?.name ?? "", uid: metadata?.uid };
}

/** The ready Pods with these labels, by name. Throws if there is none. */
async function findReady(lookup: Lookup, selector: string): Promise<[V1Pod, ...V1Pod[]]> {
  const { target, place, kubectl } = lookup;
  const found = await listPods(lookup, { labelSelector: selector });
  const pods = found.toSorted((a, b) =>
    compareText(a.metadata?.name ?? "", b.metadata?.name ?? ""),
  );
  const [first, ...more] = pods.filter(isReady);
  if (first !== undefined) return [first, ...more];
  const states = pods.map((pod) => `${pod.metadata?.name ?? "?"} is ${formatPod(pod)}`);
  const state = states.join("; ") || `no Pod has the labels ${selector}`;
  const whose = target.kind === "service" ? `Service "${target.name}"` : "the selector";
  throw new KubeError("no-ready-pod", `${whose} ${place} has no ready Pod: ${state}`, {
    hint: `${kubectl} get pods -l ${selector}`,
  });
}

async function listPods(
  { access, options, namespace }: Pick<Lookup, "access" | "options" | "namespace">,
  query: Readonly<Record<string, string>>,
): Promise<readonly V1Pod[]> {
  const ask = { verb: "list", resource: "pods", namespace, name: undefined } as const;
  const { items = [] } = (await access.read(ask, query, options)) as { items?: V1Pod[] };
  return items;
}

/** Of a Service without a selector: Patroni and its operators write the primary's Pod into its endpoints. */
async function resolveSlices(lookup: Lookup, port: V1ServicePort): Promise<PodPort> {
  const { access, options, namespace, target, place, kubectl } = lookup;
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
      `Service "${target.name}" ${place} has no selector and ${why}`,
      {
        hint: `name the primary's labels in berth:postgres.endpoint.kubernetes.selector, or use a direct endpoint; see them with: ${kubectl} get endpointslices -l ${query.labelSelector}`,
      },
    );
  }
  const { name, uid } = ready.targetRef;
  return { namespace, pod: name, uid, port: ready.number ?? port.port };
}

/** Whether the Pod has ended, or another has its name. False while it terminates, and if it cannot be read. */
export async function isPodGone(
  access: KubeAccess,
  { target }: KubeTarget,
  podPort: PodPort,
  options: RequestOptions,
): Promise<boolean> {
  const { namespace, pod: name } = podPort;
  const ask = { verb: "get", resource: "pods", namespace, name } as const;
  const query = { fieldSelector: `metadata.name=${name}` };
  try {
    const there =
      target.kind === "pod"
        ? ((await access.read(ask, {}, options)) as V1Pod)
        : (await listPods({ access, namespace, options }, query)).find(
            ({ metadata }) => metadata?.name === name,
          );
    const isEnded = /^(Succeeded|Failed)$/.test(there?.status?.phase ?? "");
    return there === undefined || isEnded || there.metadata?.uid !== podPort.uid;
  } catch (error) {
    return error instanceof KubeError && error.kind === "not-found";
  }
}

function findServicePort({ target, place, ...wanted }: Lookup, service: V1Service): V1ServicePort {
  const ports = service.spec?.ports ?? [];
  const port = ports.find((p) => p.port === wanted.port && (p.protocol ?? "TCP") === "TCP");
  if (port !== undefined) return port;
  const there = ports.map((p) => (p.name ? `${String(p.port)} (${p.name})` : String(p.port)));
  throw new KubeError(
    "not-found",
    `Service "${target.name}" ${place} has no port ${String(wanted.port)}; it has: ${there.join(", ") || "none"}`,
    { hint: "set berth:postgres.endpoint.kubernetes.port to one of them" },
  );
}

/** Labels as `a=b,c=d`; empty = the Service selects no Pods by itself. */
function toSelector(service: V1Service): string {
  const labels = Object.entries(service.spec?.selector ?? {});
  return labels.map(([key, value]) => `${key}=${value}`).join(",");
}

function refuseExternal({ target, place }: Lookup, { spec }: V1Service): void {
  if (spec?.type !== "ExternalName") return;
  throw new KubeError(
    "not-found",
    `Service "${target.name}" ${place} stands for ${spec.externalName ?? "another host"}; a port-forward needs a Pod`,
    { hint: "use a direct endpoint with that host, or name another Service" },
  );
}

function toPodPort({ access, kubectl }: Lookup, pod: V1Pod, targetPort: number | string): number {
  if (typeof targetPort === "number") return targetPort;
  const containers: readonly V1Container[] = [
    ...(pod.spec?.containers ?? []),
    ...(pod.spec?.initContainers ?? []),
  ];
  const named = containers.flatMap((c) => c.ports ?? []).find((p) => p.name === targetPort);
  if (named !== undefined) return named.containerPort;
  const name = pod.metadata?.name ?? "";
  throw new KubeError(
    "not-found",
    `Pod "${name}" (context "${access.context.name}") has no port named "${targetPort}", which its Service points to`,
    { hint: `${kubectl} describe pod ${name}` },
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

export function placeOf({ context }: Pick<KubeAccess, "context">, namespace: string): string {
  return `in namespace "${namespace}" (context "${context.name}")`;
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
