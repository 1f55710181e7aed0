import { createHash } from "node:crypto";
import { jobName, passwordEnvironment, provisionerName } from "../config/derive/names.ts";
import type { AppSpec, PostgresSpec, TlsSpec } from "../config/spec.ts";
import { planDatabase } from "../postgres/plan/plan.ts";
import { passwordScript, toPasswordScript } from "../postgres/psql/passwords.ts";
import { toPsqlScript } from "../postgres/psql/script.ts";
import { readCaFile, toLibpqTls } from "../postgres/server/tls.ts";
import { toLabels, toWaveAnnotation, WAVES } from "./metadata.ts";
import type { KubernetesObject } from "./yaml.ts";

/** Who starts a Job anew when there is something to do: Argo CD in every sync, or Pulumi. */
export type JobRunner = "argocd" | "pulumi";

/** Any object with what its kind has besides metadata. */
type Manifest = KubernetesObject & Readonly<Record<string, unknown>>;

/** Where the files of the ConfigMap are in the container. */
const folder = "/berth";
const planFile = "plan.sql";
const caFile = "ca.crt";

/** User `postgres` of the official image; psql needs no entry in /etc/passwd, so any other will do. */
const userId = 999;

/**
 * What provisions an app from inside the cluster, in the database's namespace: a ServiceAccount without
 * rights, a ConfigMap with the script, and the Job that runs it with the Secrets that the operator made.
 * The kubelet reads those, so that the Job needs no RBAC.
 *
 * Under Argo CD it is a hook of the sync, in a wave after the Secrets. A Job that stays would never run
 * again and could not be changed; PreSync comes before the Secrets; and with a TTL Argo CD would either
 * miss the end of the Job or make it anew for ever. Under Pulumi it is a Job that a changed script
 * replaces, which the hash in its template sees to, and that is replaced after it has failed.
 *
 * @see https://argo-cd.readthedocs.io/en/stable/user-guide/sync-waves/
 */
export function planProvisioning(
  postgres: PostgresSpec,
  app: AppSpec,
  { adminSecret, runner }: { readonly adminSecret: string; readonly runner: JobRunner },
): readonly Manifest[] {
  const plan = planDatabase(app, postgres);
  const ca = readCa(postgres.tls);
  const files = {
    [planFile]: toPsqlScript(plan, postgres, "apart"),
    [passwordScript]: toPasswordScript(plan),
    ...(ca === undefined ? {} : { [caFile]: ca }),
  };
  const labels = toLabels(app.name);
  const name = provisionerName(app.name);
  const metadata = {
    name,
    namespace: postgres.namespace,
    labels,
    annotations: toWaveAnnotation(WAVES.jobFiles),
  };
  const started: Record<JobRunner, Readonly<Record<string, string>>> = {
    argocd: {
      "argocd.argoproj.io/hook": "Sync",
      "argocd.argoproj.io/hook-delete-policy": "BeforeHookCreation",
    },
    pulumi: { "pulumi.com/replaceUnready": "true" },
  };
  return [
    {
      apiVersion: "v1",
      kind: "ServiceAccount",
      metadata,
      automountServiceAccountToken: false,
    },
    { apiVersion: "v1", kind: "ConfigMap", metadata, data: files },
    {
      apiVersion: "batch/v1",
      kind: "Job",
      metadata: {
        ...metadata,
        name: jobName(app.name),
        annotations: { ...toWaveAnnotation(WAVES.job), ...started[runner] },
      },
      spec: {
        // A Secret or a server that is not there yet; half an hour of Argo CD's retries come on top.
        backoffLimit: 4,
        activeDeadlineSeconds: 300,
        template: {
          metadata: { labels, annotations: { "berth/files": hashOf(files) } },
          spec: toPodSpec(postgres, app, { name, adminSecret }),
        },
      },
    },
  ];
}

function toPodSpec(
  postgres: PostgresSpec,
  app: AppSpec,
  { name, adminSecret }: { readonly name: string; readonly adminSecret: string },
): Readonly<Record<string, unknown>> {
  const fromSecret = (variable: string, secret: string, key: string) => ({
    name: variable,
    valueFrom: { secretKeyRef: { name: secret, key } },
  });
  const plain = {
    PGHOST: postgres.service.host,
    PGPORT: String(postgres.service.port),
    PGDATABASE: postgres.maintenanceDatabase,
    // As the workstation is told; a CA comes along, since it is no file of the image.
    ...toLibpqTls(
      postgres.tls,
      postgres.tls.caFile === undefined ? undefined : `${folder}/${caFile}`,
    ),
  };
  return {
    serviceAccountName: name,
    automountServiceAccountToken: false,
    enableServiceLinks: false,
    restartPolicy: "Never",
    securityContext: {
      runAsNonRoot: true,
      runAsUser: userId,
      runAsGroup: userId,
      seccompProfile: { type: "RuntimeDefault" },
    },
    containers: [
      {
        name: "provision",
        image: postgres.jobImage,
        command: ["psql", "-X", "-f", planFile],
        workingDir: folder,
        env: [
          ...Object.entries(plain).map(([variable, value]) => ({ name: variable, value })),
          fromSecret("PGUSER", adminSecret, "username"),
          fromSecret("PGPASSWORD", adminSecret, "password"),
          ...app.roles.map(({ key, secretName }) =>
            fromSecret(passwordEnvironment(key), secretName, "password"),
          ),
        ],
        securityContext: {
          allowPrivilegeEscalation: false,
          readOnlyRootFilesystem: true,
          capabilities: { drop: ["ALL"] },
        },
        resources: {
          requests: { cpu: "10m", memory: "32Mi" },
          limits: { cpu: "500m", memory: "128Mi" },
        },
        volumeMounts: [{ name: "files", mountPath: folder, readOnly: true }],
      },
    ],
    volumes: [{ name: "files", configMap: { name } }],
  };
}

function readCa({ mode, caFile: file }: TlsSpec): string | undefined {
  if (mode === "disable" || file === undefined) return undefined;
  return `${readCaFile(file, new Date()).join("\n")}\n`;
}

function hashOf(files: Readonly<Record<string, string>>): string {
  return createHash("sha256").update(JSON.stringify(files)).digest("hex").slice(0, 16);
}
