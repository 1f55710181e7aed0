import { createHash } from "node:crypto";
import { toMetadata, toWaveAnnotation, WAVES, type Wave } from "../metadata.ts";
import { containerSecurity, podSecurity } from "./pod-security.ts";

/** Folder in the container with the files of the ConfigMap. */
export const folder = "/berth";

/** Who starts a Job: Argo CD in every sync, or Pulumi or Flux when the script has changed. */
export type JobRunner = "argocd" | "flux" | "pulumi";

/** What has a Job run when it should. */
const runnerAnnotations: Readonly<Record<JobRunner, Readonly<Record<string, string>>>> = {
  argocd: {
    "argocd.argoproj.io/hook": "Sync",
    "argocd.argoproj.io/hook-delete-policy": "BeforeHookCreation",
  },
  // A Job cannot be changed, so Flux replaces it.
  flux: { "kustomize.toolkit.fluxcd.io/force": "enabled" },
  pulumi: { "pulumi.com/replaceUnready": "true" },
};

interface ScriptJobArgs {
  readonly app: string;
  /** Of the ServiceAccount and the ConfigMap. */
  readonly name: string;
  readonly namespace: string;
  readonly jobName: string;
  readonly wave: Wave;
  readonly runner: JobRunner;
  /** Texts by the name of their file. */
  readonly files: Readonly<Record<string, string>>;
  /** Whether the Pod gets the ServiceAccount's token. */
  readonly hasToken: boolean;
  readonly userId: number;
  readonly container: {
    readonly name: string;
    readonly image: string;
    readonly command: readonly string[];
    readonly env: readonly object[];
  };
  readonly memory: string;
}

/** A Job that runs a command on files of a ConfigMap, with a ServiceAccount of its own. A changed file changes the Job. */
export function planScriptJob(args: ScriptJobArgs) {
  const { app, name, namespace, jobName, wave, runner, files } = args;
  const metadata = { name, namespace, ...toMetadata(app, WAVES.jobFiles) };
  const hash = createHash("sha256").update(JSON.stringify(files)).digest("hex").slice(0, 16);
  return {
    metadata,
    account: {
      apiVersion: "v1",
      kind: "ServiceAccount",
      metadata,
      automountServiceAccountToken: false,
    },
    configMap: { apiVersion: "v1", kind: "ConfigMap", metadata, data: files },
    job: {
      apiVersion: "batch/v1",
      kind: "Job",
      metadata: {
        ...metadata,
        name: jobName,
        annotations: { ...toWaveAnnotation(wave), ...runnerAnnotations[runner] },
      },
      spec: {
        // Retries for a Secret or server that is not ready. Argo CD retries for another half hour.
        backoffLimit: 4,
        activeDeadlineSeconds: 300,
        template: {
          metadata: { labels: metadata.labels, annotations: { "berth/files": hash } },
          spec: toPodSpec(args),
        },
      },
    },
  };
}

function toPodSpec({ name, hasToken, userId, container, memory }: ScriptJobArgs) {
  return {
    serviceAccountName: name,
    automountServiceAccountToken: hasToken,
    enableServiceLinks: false,
    // The Pods of failed tries stay, with their logs.
    restartPolicy: "Never",
    securityContext: podSecurity(userId),
    containers: [
      {
        name: container.name,
        image: container.image,
        command: container.command,
        workingDir: folder,
        env: container.env,
        securityContext: containerSecurity(),
        resources: {
          requests: { cpu: "10m", memory },
          limits: { cpu: "500m", memory: "128Mi" },
        },
        volumeMounts: [{ name: "files", mountPath: folder, readOnly: true }],
      },
    ],
    volumes: [{ name: "files", configMap: { name } }],
  };
}
