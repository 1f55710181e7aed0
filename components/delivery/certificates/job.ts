import { readFileSync } from "node:fs";
import { certificateName, certificateSourceName } from "../../config/derive/names.ts";
import type { IgnoredDifference } from "../../config/spec/argocd.ts";
import type { CertificateSourceSpec, CertificateSpec } from "../../config/spec/certificate.ts";
import type { PostgresSpec } from "../../config/spec/postgres.ts";
import type { AppSpec } from "../../config/spec.ts";
import type { ObjectMetadata } from "../../secrets/object-metadata.ts";
import { buildRole, type Rule } from "../../secrets/readers.ts";
import { toEnv } from "../jobs/pod-security.ts";
import { type JobRunner, planScriptJob } from "../jobs/script.ts";
import { toMetadata, WAVES } from "../metadata.ts";
import type { Manifest } from "../yaml.ts";

const script = readFileSync(new URL("copy.pod.mjs", import.meta.url), "utf8");
const scriptFile = "copy.mjs";
/** User `node` of the official image. */
const userId = 1000;
const credentials = "/var/run/secrets/kubernetes.io/serviceaccount";

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
  const { namespace } = app;
  const name = certificateName(app.name);
  const settings = toSettings(postgres, namespace, certificate);
  const { metadata, account, configMap, job } = planScriptJob({
    app: app.name,
    name,
    namespace,
    jobName: name,
    wave: WAVES.certificateJob,
    runner,
    files: {
      [scriptFile]: script,
      "settings.json": `${JSON.stringify(settings, undefined, 2)}\n`,
    },
    hasToken: true,
    userId,
    container: {
      name: "copy",
      image: postgres.certificate.image,
      command: ["node", scriptFile],
      env: toEnv({
        API_SERVER: "https://kubernetes.default.svc",
        TOKEN_FILE: `${credentials}/token`,
        NODE_EXTRA_CA_CERTS: `${credentials}/ca.crt`,
      }),
    },
    memory: "64Mi",
  });
  const { schedule } = certificate;
  const subjects = [{ kind: "ServiceAccount", name, namespace }] as const;
  const source = {
    name: certificateSourceName(app.name),
    namespace: postgres.namespace,
    ...toMetadata(app.name, WAVES.jobFiles),
  };
  return {
    own: [
      account,
      ...buildRole(metadata, toTargetRules(certificate), subjects),
      configMap,
      ...(schedule === undefined ? [] : [toCronJob(metadata, schedule, { spec: job.spec })]),
      job,
    ],
    source: buildRole(source, toSourceRules(postgres.certificate), subjects),
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

function toCronJob(metadata: ObjectMetadata, schedule: string, jobTemplate: object): Manifest {
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
