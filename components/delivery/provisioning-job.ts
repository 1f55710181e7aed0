import { createHash } from "node:crypto";
import { jobName, passwordEnvironment, provisionerName } from "../config/derive/names.ts";
import { loginKeysOf } from "../config/login-keys.ts";
import { hasItem } from "../config/logins.ts";
import type { PostgresSpec, TlsSpec } from "../config/spec/postgres.ts";
import type { AppSpec } from "../config/spec.ts";
import { planDatabases } from "../postgres/plan/plan.ts";
import { passwordScript, toPasswordScript } from "../postgres/psql/passwords.ts";
import { toPsqlScript } from "../postgres/psql/script.ts";
import { readCaText, toLibpqTls } from "../postgres/server/tls.ts";
import { toLabels, toWaveAnnotation, WAVES } from "./metadata.ts";
import { containerSecurity, podSecurity } from "./pod-security.ts";
import type { KubernetesObject } from "./yaml.ts";

/** Who starts a Job: Argo CD in every sync, or Pulumi or Flux when the script has changed. */
export type JobRunner = "argocd" | "flux" | "pulumi";

type Manifest = KubernetesObject & Readonly<Record<string, unknown>>;

/** Folder in the container with the files of the ConfigMap. */
const folder = "/berth";
const planFile = "plan.sql";
const caFile = "ca.crt";

/** User `postgres` of the official image. psql needs no entry in /etc/passwd, so other images work, too. */
const userId = 999;

/**
 * Objects that provision an app from inside the cluster, in the database's namespace: a ServiceAccount
 * without privileges, a ConfigMap with the script, and the Job that runs it. The kubelet reads the Secrets
 * for the Job, so the Job needs no RBAC.
 *
 * With Argo CD the Job is a Sync hook in a wave after the Secrets. Without a hook it would run only once
 * and could not be changed. A PreSync hook would run before the Secrets exist. With a TTL Argo CD would
 * miss the end of the Job or make it again for ever. With Pulumi a changed script replaces the Job, because
 * the hash in its template changes; a failed Job is replaced, too.
 *
 * @see https://argo-cd.readthedocs.io/en/stable/user-guide/sync-waves/
 */
export function planProvisioning(
  postgres: PostgresSpec,
  app: AppSpec,
  { adminSecret, runner }: { readonly adminSecret: string; readonly runner: JobRunner },
): readonly Manifest[] {
  const plans = planDatabases(app, postgres);
  const ca = readCa(postgres.tls);
  const files = {
    [planFile]: toPsqlScript(plans, postgres, "apart"),
    [passwordScript]: toPasswordScript(plans[0]),
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
        annotations: { ...toWaveAnnotation(WAVES.job), ...toRunnerAnnotations(runner) },
      },
      spec: {
        // Retries for a Secret or server that is not ready. Argo CD retries for another half hour.
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

/** What has a Job run when it should. */
export function toRunnerAnnotations(runner: JobRunner): Readonly<Record<string, string>> {
  switch (runner) {
    case "argocd":
      return {
        "argocd.argoproj.io/hook": "Sync",
        "argocd.argoproj.io/hook-delete-policy": "BeforeHookCreation",
      };
    case "flux":
      // A Job cannot be changed, so Flux replaces it.
      return { "kustomize.toolkit.fluxcd.io/force": "enabled" };
    case "pulumi":
      return { "pulumi.com/replaceUnready": "true" };
  }
}

function toPodSpec(
  postgres: PostgresSpec,
  app: AppSpec,
  { name, adminSecret }: { readonly name: string; readonly adminSecret: string },
): Readonly<Record<string, unknown>> {
  const plain = {
    PGHOST: postgres.service.host,
    PGPORT: String(postgres.service.port),
    PGDATABASE: postgres.maintenanceDatabase,
    // The same mode as for the workstation. The CA is passed as text, because the image does not have the file.
    ...toLibpqTls(
      postgres.tls,
      postgres.tls.caFile === undefined ? undefined : `${folder}/${caFile}`,
    ),
  };
  return {
    serviceAccountName: name,
    automountServiceAccountToken: false,
    enableServiceLinks: false,
    // The Pods of failed tries stay, with their logs.
    restartPolicy: "Never",
    securityContext: podSecurity(userId),
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
          ...app.roles
            .filter(hasItem)
            .map((role) =>
              fromSecret(
                passwordEnvironment(role.key),
                role.secretName,
                loginKeysOf(app, role).password,
              ),
            ),
        ],
        securityContext: containerSecurity(),
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

function fromSecret(name: string, secret: string, key: string) {
  return { name, valueFrom: { secretKeyRef: { name: secret, key } } };
}

function readCa({ mode, caFile: file }: TlsSpec): string | undefined {
  if (mode === "disable" || file === undefined) return undefined;
  return readCaText(file);
}

function hashOf(files: Readonly<Record<string, string>>): string {
  return createHash("sha256").update(JSON.stringify(files)).digest("hex").slice(0, 16);
}
