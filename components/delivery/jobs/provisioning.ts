import { jobName, passwordEnvironment, provisionerName } from "../../config/derive/names.ts";
import { loginKeysOf } from "../../config/login-keys.ts";
import { hasItem } from "../../config/logins.ts";
import type { PostgresSpec, TlsSpec } from "../../config/spec/postgres.ts";
import type { AppSpec } from "../../config/spec.ts";
import { planDatabases } from "../../postgres/plan/plan.ts";
import { passwordScript, toPasswordScript } from "../../postgres/psql/passwords.ts";
import { toPsqlScript } from "../../postgres/psql/script.ts";
import { readCaText, toLibpqTls } from "../../postgres/server/tls.ts";
import { WAVES } from "../metadata.ts";
import type { Manifest } from "../yaml.ts";
import { toEnv } from "./pod-security.ts";
import { folder, type JobRunner, planScriptJob } from "./script.ts";

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
  const { account, configMap, job } = planScriptJob({
    app: app.name,
    name: provisionerName(app.name),
    namespace: postgres.namespace,
    jobName: jobName(app.name),
    wave: WAVES.job,
    runner,
    files: {
      [planFile]: toPsqlScript(plans, postgres, "apart"),
      [passwordScript]: toPasswordScript(plans[0]),
      ...(ca === undefined ? {} : { [caFile]: ca }),
    },
    hasToken: false,
    userId,
    container: {
      name: "provision",
      image: postgres.jobImage,
      command: ["psql", "-X", "-f", planFile],
      env: listVariables(postgres, app, adminSecret),
    },
    memory: "32Mi",
  });
  return [account, configMap, job];
}

function listVariables(postgres: PostgresSpec, app: AppSpec, adminSecret: string) {
  const { service, maintenanceDatabase, tls } = postgres;
  return [
    ...toEnv({
      PGHOST: service.host,
      PGPORT: String(service.port),
      PGDATABASE: maintenanceDatabase,
      // The same mode as for the workstation. The CA is passed as text, because the image does not have the file.
      ...toLibpqTls(tls, tls.caFile === undefined ? undefined : `${folder}/${caFile}`),
    }),
    fromSecret("PGUSER", adminSecret, "username"),
    fromSecret("PGPASSWORD", adminSecret, "password"),
    ...app.roles
      .filter(hasItem)
      .map((role) =>
        fromSecret(passwordEnvironment(role.key), role.secretName, loginKeysOf(app, role).password),
      ),
  ];
}

function fromSecret(name: string, secret: string, key: string) {
  return { name, valueFrom: { secretKeyRef: { name: secret, key } } };
}

function readCa({ mode, caFile: file }: TlsSpec): string | undefined {
  if (mode === "disable" || file === undefined) return undefined;
  return readCaText(file);
}
