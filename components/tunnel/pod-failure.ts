import type { KubeAccess } from "../kubernetes/access.ts";
import { KubeError, toShownText } from "../kubernetes/error.ts";
import { type PodPort, placeOf } from "./target.ts";

/** Explains the error channel's text: the port is closed in the Pod, or the Pod is gone. */
export function toPodFailure(access: KubeAccess, podPort: PodPort, text: string): KubeError {
  const { namespace, pod, port } = podPort;
  const where = placeOf(access, namespace);
  const said = toShownText(text);
  if (/connection refused/i.test(text)) {
    return new KubeError(
      "refused-in-pod",
      `Pod "${pod}" ${where} runs, but nothing listens on port ${String(port)} in it: ${said}`,
      { hint: `${access.context.kubectl} -n ${namespace} logs ${pod} --tail=20` },
    );
  }
  if (/not found|not running|no such (file|container|pod)|is closed|does not exist/i.test(text)) {
    return new KubeError("pod-gone", `Pod "${pod}" ${where} is gone: ${said}`, {
      hint: `${access.context.kubectl} -n ${namespace} get pods`,
    });
  }
  return toCut(podPort, said);
}

/** The node did not close the connection, but the Pod is gone. */
export function toReplaced(access: KubeAccess, { namespace, pod }: PodPort): KubeError {
  return new KubeError(
    "pod-gone",
    `Pod "${pod}" ${placeOf(access, namespace)} was replaced or ended while a connection to it was open`,
    { hint: "run the same command again; what was done is found and kept" },
  );
}

export function toCut(podPort: PodPort, reason: string): KubeError {
  return new KubeError(
    "cut",
    `the port-forward to Pod "${podPort.pod}" in namespace "${podPort.namespace}" broke: ${reason}`,
    { hint: "run the same command again; what was done is found and kept" },
  );
}
