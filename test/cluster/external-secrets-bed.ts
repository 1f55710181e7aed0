import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { PatchStrategy } from "@kubernetes/client-node";
import { applyDefinitions, type Manifest, namespace } from "../../dev/cluster/objects.ts";
import { waitFor } from "../../dev/cluster/wait-for.ts";
import { findItem } from "../../dev/sandbox.ts";
import { logInWithPsql } from "../secrets/psql-login.ts";
import { deliverItems } from "./argocd.ts";
import { ClusterBed } from "./cluster-bed.ts";
import { type Controller, startController } from "./controller.ts";
import { certificateFiles, type edgeItems, makeEdgeVault } from "./edge-vault.ts";
import type { ExternalSecretsProgram } from "./external-secrets.ts";

/** Namespaces of the bed. */
export const where = {
  db: "external-db",
  app: "external-wiki",
  batch: "external-batch",
  each: "external-each",
  connect: "external-connect",
};

const kind = { apiVersion: "external-secrets.io/v1", kind: "ExternalSecret" };
const tokenName = "onepassword-token";

const edge = (title: keyof typeof edgeItems) => ({ title, vault: "Edge" });

/** An app with all that a Secret can be. */
export const wiki = {
  namespace: where.app,
  owner: {
    item: { ...edge("Wiki database"), password: "WIKI_POSTGRES_PASS" },
    secret: "wiki-db",
    type: "kubernetes.io/basic-auth",
    refreshInterval: "2h0m0s",
    keys: [
      "cnpg",
      {
        DATABASE_URL: "${uri}?sslmode=${sslmode}",
        CONNINFO:
          "host=${host} port=${port} dbname=${database} user=${user:conninfo} password=${password:conninfo}",
      },
    ],
  },
  roles: {
    reports: { profile: "readonly", namespace: where.batch, keys: { PGUSER: "${user}" } },
  },
  secrets: {
    "wiki-tls": {
      type: "kubernetes.io/tls",
      item: edge("certificates"),
      files: Object.keys(certificateFiles),
      keys: { "ca.crt": { file: "tls.crt" } },
    },
    "wiki-mix": {
      item: edge("Wiki database"),
      fields: ["API Token"],
      keys: {
        MAIL: { item: "Wiki mail", field: "SMTP_PASSWORD" },
        NETBOX: { item: "netbox-superuser", vault: "Coachlight", field: "api_token" },
        LABEL: { item: "Wiki things", field: "file/label" },
      },
    },
    "wiki-mail": {
      item: edge("Wiki mail"),
      find: "^SMTP_",
      rewrite: [{ source: "^SMTP_(.*)$", target: "MAIL_$1" }],
      deletionPolicy: "Delete",
    },
    "wiki-things": { item: edge("Wiki things"), fields: [] },
    "wiki-registry": {
      type: "kubernetes.io/dockerconfigjson",
      item: edge("registry"),
      keys: { ".dockerconfigjson": "config" },
      deletionPolicy: "Delete",
    },
    "wiki-orphan": {
      item: edge("Wiki mail"),
      fields: ["OTHER"],
      creationPolicy: "Orphan",
      refreshInterval: "0h0m0s",
    },
    "wiki-own": { item: edge("Wiki mail"), keys: { ADDED: "OTHER" }, creationPolicy: "Merge" },
  },
};

const apiGroup = "rbac.authorization.k8s.io";
const ofDoctor = { apiVersion: `${apiGroup}/v1`, metadata: { name: "external-doctor" } };
const resources = ["externalsecrets", "clustersecretstores"];
/** User `berth` may ask how the Secrets are. */
const doctorRights: readonly Manifest[] = [
  {
    ...ofDoctor,
    kind: "ClusterRole",
    rules: [{ apiGroups: ["external-secrets.io"], resources, verbs: ["list"] }],
  },
  {
    ...ofDoctor,
    kind: "ClusterRoleBinding",
    roleRef: { apiGroup, kind: "ClusterRole", name: "external-doctor" },
    subjects: [{ apiGroup, kind: "User", name: "berth" }],
  },
];

/** A bed with what `up` writes for External Secrets, delivered, and the operator. */
export class ExternalSecretsBed {
  readonly cluster: ClusterBed;
  /** `namespace/name` of each Secret that was there in the end. */
  readonly delivered: readonly string[];
  readonly #controller: Controller;
  readonly #scratch: string;

  private constructor(
    cluster: ClusterBed,
    delivered: readonly string[],
    own: { readonly controller: Controller; readonly scratch: string },
  ) {
    this.cluster = cluster;
    this.delivered = delivered;
    this.#controller = own.controller;
    this.#scratch = own.scratch;
  }

  static async open(operator: ExternalSecretsProgram): Promise<ExternalSecretsBed> {
    const cluster = await ClusterBed.open(where.db, { vaults: [makeEdgeVault()] });
    const { bed } = cluster;
    await bed.addLogin("wiki-reports-db-credentials", "wiki_reports", "reports-word-0123456789");
    await bed.addLogin("each-db-credentials", "each", "each-word-0123456789");
    bed.configure((config) => {
      const { host, port } = bed.sandbox.superuser;
      Object.assign(config["berth:postgres"], { namespace: where.db, service: { host, port } });
      config["berth:secrets"] = {
        through: "external-secret",
        store: { connect: connectOf(cluster, { namespace: where.connect }) },
      };
      config["berth:apps"] = { wiki };
    });
    await bed.bringUp();
    const { kubeconfig } = cluster.cluster;
    await applyDefinitions(kubeconfig, [operator.definition()]);
    await cluster.applyAll(Object.values(where).map(namespace));
    await cluster.applyAll([
      ...doctorRights,
      ...[where.connect, where.each].map((at) => toSecret(tokenName, at, { token: bed.token })),
      toSecret("wiki-own", where.app, { OWN: "stays" }),
    ]);
    const scratch = mkdtempSync(path.join(tmpdir(), "berth-external-"));
    const controller = startController(operator.command, { kubeconfig, folder: scratch });
    const delivered = await deliverItems(cluster.cluster, bed.gitops);
    return new ExternalSecretsBed(cluster, delivered, { controller, scratch });
  }

  async close(): Promise<void> {
    const { api } = this.cluster;
    const list = async (of: string): Promise<readonly Manifest[]> =>
      (await api.list<Manifest>(kind.apiVersion, of)).items;
    // While it runs, it takes its finalizer from what is deleted.
    for (const { metadata } of await list(kind.kind)) await api.delete(toObject(metadata));
    await waitFor("the end of the ExternalSecrets", async () =>
      (await list(kind.kind)).length === 0 ? true : undefined,
    );
    for (const { metadata } of await list("ClusterSecretStore")) {
      await api.delete(toObject(metadata, "ClusterSecretStore"));
    }
    for (const at of Object.values(where)) {
      // Kubernetes' garbage collector, which this cluster lacks, deletes those that have an owner.
      const { items } = await api.list<Manifest>("v1", "Secret", at);
      for (const { metadata } of items) await api.delete(toObject(metadata, "Secret", "v1"));
    }
    for (const object of doctorRights) await api.delete(object);
    this.#controller.kill();
    await this.#controller;
    await this.cluster.close();
    rmSync(this.#scratch, { recursive: true, force: true });
  }

  /** Where the stand-in is, for a store in the token's own namespace. */
  get connect(): object {
    return connectOf(this.cluster);
  }

  /** What a Secret of the app holds. */
  async read(name: string): Promise<Readonly<Record<string, Buffer>> | undefined> {
    return await this.cluster.secretBytes(where.app, name);
  }

  /** A Secret of the app. */
  async secret(name: string): Promise<Manifest | undefined> {
    return await this.cluster.read("v1", "Secret", where.app, name);
  }

  async find(name: string): Promise<Manifest | undefined> {
    return await this.cluster.read(kind.apiVersion, kind.kind, where.app, name);
  }

  async delete(name: string): Promise<void> {
    await this.cluster.api.delete(toObject({ name, namespace: where.app }));
  }

  /** Has the operator read the items of an ExternalSecret now, as its documentation says. */
  async force(name: string): Promise<void> {
    const annotations = { "force-sync": String(Date.now()) };
    const object = toObject({ name, namespace: where.app, annotations });
    const how = PatchStrategy.MergePatch;
    const { api } = this.cluster;
    await api.patch(object, undefined, undefined, "by-hand", undefined, how);
  }

  /** What the operator says of an ExternalSecret. */
  async stateOf(name: string): Promise<string | undefined> {
    const { conditions = [] } = ((await this.find(name))?.["status"] ?? {}) as {
      conditions?: readonly { readonly type: string; readonly reason: string }[];
    };
    return conditions.find(({ type }) => type === "Ready")?.reason;
  }

  /** The password of the app's item, whoever wrote it. */
  get passwordInItem(): string {
    const { fields } = findItem(this.cluster.bed.vault(), "Wiki database");
    return fields.find(({ label }) => label === "WIKI_POSTGRES_PASS")?.value ?? "";
  }

  /** Logs in with the bytes of the app's Secret; answers with what psql says of each way. */
  async logIn(): Promise<readonly string[]> {
    const secret = (await this.cluster.secret(where.app, "wiki-db")) ?? {};
    const { host, port } = this.cluster.bed.sandbox.superuser;
    const place = { host, port, user: "wiki", database: "wiki" };
    return await logInWithPsql(secret, place, this.#scratch);
  }
}

function toObject(metadata: object, of = kind.kind, apiVersion = kind.apiVersion) {
  return { apiVersion, kind: of, metadata };
}

function connectOf({ bed }: ClusterBed, token: { readonly namespace?: string } = {}) {
  const tokenSecret = { ...token, name: tokenName };
  return { host: bed.sandbox.env["OP_CONNECT_HOST"] ?? "", tokenSecret };
}

function toSecret(
  name: string,
  at: string,
  stringData: Readonly<Record<string, string>>,
): Manifest {
  return { apiVersion: "v1", kind: "Secret", metadata: { name, namespace: at }, stringData };
}
