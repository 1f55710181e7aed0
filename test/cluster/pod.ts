import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { execa } from "execa";
import type { Manifest } from "../../dev/cluster/objects.ts";
import { sendRaw } from "../../dev/cluster/raw-request.ts";
import type { ClusterBed } from "./cluster-bed.ts";

/** A Job as far as a kubelet must understand it. */
interface Job extends Manifest {
  readonly spec: {
    readonly template: {
      readonly spec: {
        readonly containers: readonly [
          {
            readonly command: readonly [string, ...string[]];
            readonly env: readonly {
              readonly name: string;
              readonly value?: string;
              readonly valueFrom?: {
                readonly secretKeyRef: { readonly name: string; readonly key: string };
              };
            }[];
          },
        ];
        readonly volumes: readonly [{ readonly configMap: { readonly name: string } }];
      };
    };
  };
}

/**
 * Does with a Job of the cluster what the kubelet of a node would: the container's command, with the
 * environment from the real Secrets and the files of the real ConfigMap. Only the name of the Service
 * leads to another place, as the cluster's DNS is not there, and the terminal is missing, as in a pod.
 */
export async function runJob(cluster: ClusterBed, name: string) {
  const job = (await cluster.read("batch/v1", "Job", cluster.namespace, name)) as Job | undefined;
  if (job === undefined) throw new Error(`there is no Job ${name}`);
  const { containers, volumes } = job.spec.template.spec;
  const [{ command, env }] = containers;
  const folder = mkdtempSync(path.join(tmpdir(), "berth-pod-"));
  const files = volumes[0].configMap.name;
  const config = await cluster.read("v1", "ConfigMap", cluster.namespace, files);
  for (const [file, text] of Object.entries((config?.["data"] ?? {}) as Record<string, string>)) {
    writeFileSync(path.join(folder, file), text);
  }
  const variables: Record<string, string> = {};
  for (const { name: variable, value, valueFrom } of env) {
    variables[variable] = value ?? (await readKey(cluster, valueFrom?.secretKeyRef));
  }
  const [program, ...args] = command;
  const { exitCode, all } = await execa(program, args, {
    cwd: folder,
    env: {
      PATH: process.env["PATH"] ?? "",
      ...variables,
      PGHOSTADDR: "127.0.0.1",
      PGPORT: String(cluster.bed.sandbox.superuser.port),
    },
    extendEnv: false,
    stdin: "ignore",
    detached: true,
    reject: false,
    all: true,
  });
  rmSync(folder, { recursive: true });
  return { exitCode, output: all };
}

/** Whether the Job controller has said how a Job ended. */
export function hasEnded({ status }: Manifest): boolean {
  return (status as { conditions?: unknown } | undefined)?.conditions !== undefined;
}

/** Says it, as the Job controller does when the pods have ended. */
export async function endJob(
  cluster: ClusterBed,
  { metadata }: Manifest,
  how: "Complete" | "Failed",
): Promise<void> {
  const now = new Date().toISOString();
  const { name } = metadata;
  const first = { Complete: "SuccessCriteriaMet", Failed: "FailureTarget" }[how];
  const conditions = [first, how].map((type) => ({
    type,
    status: "True",
    lastProbeTime: now,
    lastTransitionTime: now,
    // Pulumi knows the two ways to fail that the controller has by their reasons.
    reason: "BackoffLimitExceeded",
    message: "as a test has it",
  }));
  const counts = { Complete: { succeeded: 1, completionTime: now }, Failed: { failed: 1 } }[how];
  const { status, message } = await sendRaw(cluster.cluster.kubeconfig, {
    method: "PATCH",
    path: `/apis/batch/v1/namespaces/${cluster.namespace}/jobs/${name}/status?fieldManager=controller&force=true`,
    contentType: "application/apply-patch+yaml",
    body: {
      apiVersion: "batch/v1",
      kind: "Job",
      metadata: { name },
      status: { startTime: now, conditions, ...counts, uncountedTerminatedPods: {} },
    },
  });
  if (status >= 300) throw new Error(`the Job's status: ${message}`);
}

async function readKey(
  cluster: ClusterBed,
  ref: { readonly name: string; readonly key: string } | undefined,
): Promise<string> {
  const secret = ref && (await cluster.secret(cluster.namespace, ref.name));
  const value = ref && secret?.[ref.key];
  if (value === undefined) throw new Error(`no key ${ref?.key ?? ""} in Secret ${ref?.name ?? ""}`);
  return value;
}
