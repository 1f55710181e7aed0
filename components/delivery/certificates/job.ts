import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { certificateName, certificateSourceName } from "../../config/derive/names.ts";
import type { IgnoredDifference } from "../../config/spec/argocd.ts";
import type { CertificateSourceSpec, CertificateSpec } from "../../config/spec/certificate.ts";
import type { PostgresSpec } from "../../config/spec/postgres.ts";
import type { AppSpec } from "../../config/spec.ts";
import { toLabels, toWaveAnnotation, WAVES } from "../metadata.ts";
import { containerSecurity, podSecurity } from "../pod-security.ts";
import { type JobRunner, toRunnerAnnotations } from "../provisioning-job.ts";
import type { KubernetesObject } from "../yaml.ts";

type Manifest = KubernetesObject & Readonly<Record<string, unknown>>;

const script = readFileSync(new URL("copy.pod.mjs", import.meta.url), "utf8");
const scriptFile = "copy.mjs";
const folder = "/berth";
/** User `node` of the official image. */
const userId = 1000;
const account = "/var/run/secrets/kubernetes.io/serviceaccount";
const rbac = "rbac.authorization.k8s.io";

/** What copies the server's certificate for an app. */
export interface CertificateJob {
  /** In the app's namespace; the last is the Job. */
  readonly own: readonly Manifest[];
  /** In the database's namespace: the right to read the certificate there. */
  readonly source: readonly Manifest[];
}

/**
 * The Job that copies the server's certificate into a Secret of an app, with the rights to do just that: to read the
 * one source, to read and patch the one Secret, and to patch what is restarted.
 *
 * Nobody says when an operator of Postgres renews a certificate, so the Job runs in every sync of Argo CD, after the
 * Secrets and before the app. A `schedule` adds a CronJob.
 */
export function planCertificateJob(
  { postgres, app }: { readonly postgres: PostgresSpec; readonly app: AppSpec },
  runner: JobRunner,
): CertificateJob {
  const { certificate } = app;
  if (certificate === undefined || postgres.certificate === undefined) {
    return { own: [], source: [] };
  }
  const name = certificateName(app.name);
  const settings = toSettings(postgres, app.namespace, certificate);
  const files = {
    [scriptFile]: script,
    "settings.json": `${JSON.stringify(settings, undefined, 2)}\n`,
  };
  const labels = toLabels(app.name);
  const metadata = toMetadata(app, { name, namespace: app.namespace }, WAVES.jobFiles);
  const source = { name: certificateSourceName(app.name), namespace: postgres.namespace };
  const hash = createHash("sha256").update(JSON.stringify(files)).digest("hex").slice(0, 16);
  const job = {
    backoffLimit: 4,
    activeDeadlineSeconds: 300,
    template: {
      metadata: { labels, annotations: { "berth/files": hash } },
      spec: toPodSpec(name, postgres.certificate),
    },
  };
  const { schedule } = certificate;
  return {
    own: [
      { apiVersion: "v1", kind: "ServiceAccount", metadata, automountServiceAccountToken: false },
      ...toRole(metadata, toTargetRules(certificate), app.namespace),
      { apiVersion: "v1", kind: "ConfigMap", metadata, data: files },
      ...(schedule === undefined ? [] : [toCronJob(metadata, schedule, { spec: job })]),
      {
        apiVersion: "batch/v1",
        kind: "Job",
        metadata: {
          ...metadata,
          annotations: {
            ...toWaveAnnotation(WAVES.certificateJob),
            ...toRunnerAnnotations(runner),
          },
        },
        spec: job,
      },
    ],
    source: toRole(
      toMetadata(app, source, WAVES.jobFiles),
      toSourceRules(postgres.certificate),
      app.namespace,
      name,
    ),
  };
}

/** The key that the Job writes into a Secret which may be in Git. */
export function toIgnoredKey({ certificate, namespace }: AppSpec): readonly IgnoredDifference[] {
  if (certificate === undefined) return [];
  const { secret: name, key } = certificate;
  return [{ kind: "Secret", name, namespace, jsonPointers: [`/data/${key}`] }];
}

/** What the script reads. */
function toSettings(postgres: PostgresSpec, namespace: string, certificate: CertificateSpec) {
  const { secret, key, encoding, restart } = certificate;
  return {
    host: postgres.service.host,
    source: { namespace: postgres.namespace, ...postgres.certificate },
    target: { namespace, secret, key, encoding, restart },
  };
}

interface Rule {
  readonly apiGroups: readonly string[];
  readonly resources: readonly string[];
  readonly resourceNames: readonly string[];
  readonly verbs: readonly string[];
}

/** Kubernetes asks for `get` when a client runs a command through a websocket, and since 1.35 for `create`, too. */
function toSourceRules(source: CertificateSourceSpec): readonly Rule[] {
  return source.kind === "secret"
    ? [toRule("", "secrets", [source.name], ["get"])]
    : [toRule("", "pods/exec", source.pods, ["get", "create"])];
}

function toTargetRules({ secret, restart }: CertificateSpec): readonly Rule[] {
  const byKind = Map.groupBy(restart, ({ kind }) => `${kind.toLowerCase()}s`);
  return [
    toRule("", "secrets", [secret], ["get", "patch"]),
    ...[...byKind].map(([resource, targets]) =>
      toRule(
        "apps",
        resource,
        targets.map(({ name }) => name),
        ["patch"],
      ),
    ),
  ];
}

function toRule(
  group: string,
  resource: string,
  names: readonly string[],
  verbs: readonly string[],
): Rule {
  return { apiGroups: [group], resources: [resource], resourceNames: names, verbs };
}

/** A Role, and who has it: the ServiceAccount in the app's namespace. */
function toRole(
  metadata: Manifest["metadata"],
  rules: readonly Rule[],
  namespace: string,
  serviceAccount = metadata.name,
): readonly Manifest[] {
  const { name } = metadata;
  const apiVersion = `${rbac}/v1`;
  return [
    { apiVersion, kind: "Role", metadata, rules },
    {
      apiVersion,
      kind: "RoleBinding",
      metadata,
      roleRef: { apiGroup: rbac, kind: "Role", name },
      subjects: [{ kind: "ServiceAccount", name: serviceAccount, namespace }],
    },
  ];
}

function toCronJob(
  metadata: Manifest["metadata"],
  schedule: string,
  jobTemplate: object,
): Manifest {
  return {
    apiVersion: "batch/v1",
    kind: "CronJob",
    metadata,
    spec: {
      schedule,
      concurrencyPolicy: "Forbid",
      startingDeadlineSeconds: 300,
      successfulJobsHistoryLimit: 1,
      failedJobsHistoryLimit: 1,
      jobTemplate,
    },
  };
}

function toMetadata(
  app: AppSpec,
  at: { readonly name: string; readonly namespace: string },
  wave: Parameters<typeof toWaveAnnotation>[0],
) {
  return { ...at, labels: toLabels(app.name), annotations: toWaveAnnotation(wave) };
}

function toPodSpec(name: string, { image }: CertificateSourceSpec) {
  const env = {
    API_SERVER: "https://kubernetes.default.svc",
    TOKEN_FILE: `${account}/token`,
    NODE_EXTRA_CA_CERTS: `${account}/ca.crt`,
  };
  return {
    serviceAccountName: name,
    automountServiceAccountToken: true,
    enableServiceLinks: false,
    restartPolicy: "Never",
    securityContext: podSecurity(userId),
    containers: [
      {
        name: "copy",
        image,
        command: ["node", scriptFile],
        workingDir: folder,
        env: Object.entries(env).map(([variable, value]) => ({ name: variable, value })),
        securityContext: containerSecurity(),
        resources: {
          requests: { cpu: "10m", memory: "64Mi" },
          limits: { cpu: "500m", memory: "128Mi" },
        },
        volumeMounts: [{ name: "files", mountPath: folder, readOnly: true }],
      },
    ],
    volumes: [{ name: "files", configMap: { name } }],
  };
}
