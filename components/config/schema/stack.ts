import { z } from "zod";
import { Cluster, GitOps, Secrets, SecretsThrough } from "./delivery.ts";
import { Generate } from "./generate.ts";
import { AppArgoCd, ArgoCd } from "./manifests/argocd.ts";
import { Certificate, CertificateSource, ServiceCa } from "./manifests/certificate.ts";
import { Metadata } from "./manifests/metadata.ts";
import { Charts, Workload } from "./manifests/workload.ts";
import { contentKeys, creationKeys } from "./postgres/database.ts";
import { Endpoint, Tls } from "./postgres/endpoint.ts";
import { reclaimPolicyKey, recreateKey, retirementKeys } from "./postgres/retirement.ts";
import { Owner, ScopedRole } from "./postgres/roles.ts";
import { Settings } from "./postgres/settings.ts";
import {
  AppName,
  ConnectionLimit,
  DnsLabel,
  ItemName,
  optionalBut,
  PgIdentifier,
  PgName,
  Port,
  RoleKey,
  Text,
} from "./primitives.ts";
import { Secret } from "./secret.ts";
import { AppVault, credentialsKey } from "./vault/app.ts";

/**
 * The stack file: everything an operator may write under `berth:` in `Pulumi.<stack>.yaml`. Unknown keys
 * are errors at every level, because an ignored key looks as if it worked. `npm run schema` generates
 * `../schema.json` from here for editors.
 */

const Provisioner = z.enum(["berth", "postgresql", "job"]);

const Postgres = z
  .strictObject({
    provisioner: Provisioner.describe(
      "Who makes roles and databases, for apps without provisioner: berth (Berth's own provider, one resource per app), postgresql (resources of @pulumi/postgresql) or job (a Job in the database's namespace). Default: berth.",
    ),
    job: z
      .strictObject({
        image: Text.describe("Image with psql 15 or newer. Default: postgres:18.4."),
      })
      .partial()
      .describe("Settings of the Jobs with provisioner: job."),
    connectionLimit: z
      .int()
      .min(3)
      .max(100)
      .describe("Connections that Berth's own provider opens at a time. Default: 4."),
    compareInside: z
      .boolean()
      .describe(
        "Whether preview and up of Berth's own provider look into each app's database for what others changed there. It takes a login per app. If false, only --refresh does, and a line of each run says so. Default: true with up to 300 apps, false with more.",
      ),
    endpoint: Endpoint,
    tls: Tls.describe("TLS between this machine and Postgres."),
    maintenanceDatabase: PgName.describe(
      "Database that Berth connects to in order to administer the server. Default: postgres.",
    ),
    systemIdentifier: z
      .string()
      .regex(/^\d+$/, { error: 'is not a system identifier; write the digits in quotes, "7412…"' })
      .describe(
        "system_identifier of the server this stack is for (select system_identifier from pg_control_system()). Berth changes no other server.",
      ),
    adminItem: ItemName.describe(
      "1Password item with the admin role's credential. Default: postgres-admin.",
    ),
    adminUser: PgName.describe(
      "Admin role that logs in with `tls.cert` alone. Then Berth reads no admin's item.",
    ),
    reserved: z
      .array(Text)
      .describe("Roles and databases that belong to others. Berth refuses to manage them."),
    ownershipRole: PgIdentifier.describe(
      "NOLOGIN role without privileges. Its members are the roles that this stack made. Default: berth_<stack>.",
    ),
    service: z
      .strictObject({
        host: Text.describe("Name or address. Default: the Service of the endpoint."),
        port: Port.describe("Port at that host. Default: that of the endpoint."),
        sslmode: z
          .enum(["disable", "allow", "prefer", "require", "verify-ca", "verify-full"])
          .describe("What ${sslmode} stands for in keys and values. Default: tls.mode."),
        sslrootcert: z
          .string()
          .regex(/^\//, { error: "is not a path in the pods; write it as /etc/postgres/ca.crt" })
          .describe("Path of the CA's file in the pods, for ${sslrootcert}."),
        ca: ServiceCa.describe(
          "A ConfigMap or Secret with the CA in each namespace of an app, to be mounted there.",
        ),
      })
      .partial()
      .describe("How pods reach the server. Default: the Service of the endpoint."),
    certificate: CertificateSource.describe(
      "Where the Jobs of apps with `certificate` find the server's certificate or its CA.",
    ),
    namespace: DnsLabel.describe(
      "Namespace of the database's manifests. Default: that of the endpoint.",
    ),
    ...retirementKeys,
  })
  .apply(optionalBut("endpoint"))
  .refine(({ adminItem, adminUser }) => adminItem === undefined || adminUser === undefined, {
    error: "has both adminItem and adminUser; a role with a password has the item alone",
  })
  .refine(({ adminUser, tls }) => adminUser === undefined || tls?.cert !== undefined, {
    error: "with adminUser give tls.cert and tls.key, by which that role logs in",
  })
  // A Service has a name by which pods reach it; labels do not say one.
  .refine(
    (it) => it.endpoint.kubernetes?.selector === undefined || it.service?.host !== undefined,
    {
      error: "with endpoint.kubernetes.selector give service.host, by which pods reach the primary",
    },
  );

const OnePassword = z
  .strictObject({
    vault: ItemName.describe("Vault that holds every item, by title or id."),
    throughProvider: z
      .boolean()
      .describe(
        "Read from Connect through 1Password's Pulumi provider, not with the Connect client, which is faster. A service account and the desktop app always use the provider. Default: false.",
      ),
    generate: Generate.describe(
      "How `add` and `rotate` make the passwords of roles without their own `generate`.",
    ),
  })
  .partial({ throughProvider: true, generate: true });

const Database = z
  .strictObject({
    name: PgName.describe("Name of the database. Default: the app's name, with `-` as `_`."),
    names: z
      .array(PgName)
      .min(1, { error: "is empty; name at least one database" })
      .describe(
        "Instead of name: several databases of the same owner. All other keys here, and the privileges of the roles, hold for each of them. `${database}` and the Secrets mean the first. A database that you remove from the list stays on the server.",
      ),
    encoding: z
      .string()
      .regex(/^[A-Z][A-Z0-9_]*$/, { error: "is not an encoding; write it as UTF8" })
      .describe("Encoding of a new database. Default: UTF8."),
    ...creationKeys,
    connectionLimit: ConnectionLimit.describe(
      "Connections to the database at a time. Default: -1, no limit.",
    ),
    revokePublic: z
      .boolean()
      .describe("Revoke CONNECT and TEMPORARY from PUBLIC. Default: true; with `adopt`: false."),
    settings: Settings,
    recreate: recreateKey,
    ...contentKeys,
  })
  .partial()
  .refine(({ name, names }) => name === undefined || names === undefined, {
    error: "has name and names; take out name, and list it in names",
  });

const AppEntry = z
  .strictObject({
    adopt: z
      .boolean()
      .describe("Adopt a role or database that Berth did not make. Default: false."),
    provisioner: Provisioner.describe(
      "Who makes the app's roles and database. Default: berth:postgres.provisioner.",
    ),
    reclaimPolicy: reclaimPolicyKey,
    delivery: z
      .enum(["git", "cluster"])
      .describe(
        "Where the app's manifests go. Default: git if there is a berth:gitops, else cluster.",
      ),
    secretsThrough: SecretsThrough.describe(
      "Who makes Secrets from the app's items. Default: berth:secrets.through.",
    ),
    namespace: DnsLabel.describe("Namespace the app runs in. Default: infra-<app>."),
    owner: Owner.describe("The role that owns the database."),
    roles: z
      .record(RoleKey, ScopedRole.describe("One role. Its key is part of derived names."))
      .describe("Further login roles, each with a credential of its own."),
    database: Database.describe("The app's database."),
    secrets: z
      .record(DnsLabel, Secret.describe("One Secret: the fields that the item must have, or more."))
      .describe(
        "Further Secrets in the app's namespace, by name, each from a 1Password item or from Vault.",
      ),
    credentials: credentialsKey,
    vault: AppVault.describe("How the app's Secrets are read from Vault, and what restarts."),
    certificate: Certificate.describe(
      "A Job copies the server's certificate from berth:postgres.certificate into a Secret of the app.",
    ),
    workload: Workload.describe("What Argo CD starts for the app."),
    argocd: AppArgoCd.describe("Settings of the app's Applications. Each replaces the stack's."),
    metadata: Metadata.describe("Labels and annotations of the app's objects, by kind."),
  })
  .partial();

const Stack = z.strictObject({
  id: z
    .string()
    .regex(/^[\w-]{16,64}$/, { error: "expected 16 to 64 letters, digits, _ or -" })
    .describe(
      "Random text that no other stack has. Needed only where Pulumi itself puts none into the stack file (encryptionsalt, encryptedkey), or the file is elsewhere (--config-file). Never change it.",
    ),
});

/** The whole configuration, without the `berth:` prefix. */
export const StackConfig = z
  .strictObject({
    stack: Stack.describe("What distinguishes this stack from another of the same name."),
    postgres: Postgres,
    onepassword: OnePassword,
    gitops: GitOps.describe(
      "Git checkout that manifests are written to. Without it and berth:cluster there are none.",
    ),
    cluster: Cluster.describe("Cluster that manifests are applied to."),
    argocd: ArgoCd.optional().describe(
      "Settings of all Applications, and what Berth makes around them.",
    ),
    metadata: Metadata.optional().describe("Labels and annotations of all objects, by kind."),
    secrets: Secrets.describe("How credentials and other secrets get to the pods."),
    charts: Charts.describe("Repository and version of charts, by the chart's name, for all apps."),
    apps: z
      .record(
        AppName,
        AppEntry.nullable().describe("Entry of one app. Empty: all keys have their defaults."),
      )
      .describe("One entry per app."),
  })
  .partial({ stack: true, gitops: true, cluster: true, secrets: true, charts: true });

export type StackConfig = z.infer<typeof StackConfig>;
export type AppEntry = z.infer<typeof AppEntry>;
