import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { diagnose } from "../../cli/doctor/diagnose.ts";
import { parseStack } from "../../components/config/parse.ts";
import type { Manifest } from "../../dev/cluster/objects.ts";
import { findItem } from "../../dev/sandbox.ts";
import { worldOf } from "../engine/doctor-bed.ts";
import { hasGo } from "../fakes/go-program.ts";
import { writeStack } from "../fakes/stack.ts";
import { hasPsql } from "../postgres/psql/run.ts";
import { gitops, listObjects } from "../secrets/external-stack.ts";
import { deliver } from "./argocd.ts";
import { certificateFiles, edgeItems as items } from "./edge-vault.ts";
import { useExternalSecrets } from "./external-secrets.ts";
import { ExternalSecretsBed, where, wiki } from "./external-secrets-bed.ts";
import { rotate, rotationRights } from "./rotate.ts";

/**
 * The real External Secrets makes the Secrets of what `pulumi up` wrote, from the stand-in for Connect, and psql logs
 * in with their bytes. It reads an item each hour or two, so what changes within a test was asked for. Left out where
 * there is no Go.
 */

const operator = useExternalSecrets();
const loggedIn = ["wiki|wiki", "wiki|wiki", "wiki|wiki", "wiki|wiki"];
let bed: ExternalSecretsBed;

beforeAll(async () => {
  if (hasGo) bed = await ExternalSecretsBed.open(operator);
}, 1_200_000);

afterAll(async () => {
  if (hasGo) await bed.close();
});

const toBytes = (texts: Readonly<Record<string, string>>) =>
  Object.fromEntries(Object.entries(texts).map(([key, text]) => [key, Buffer.from(text)]));
const typeOf = async (name: string): Promise<unknown> => (await bed.secret(name))?.["type"];

describe.skipIf(!hasGo)("External Secrets", () => {
  it("makes every Secret that up has written, from one store", () => {
    expect(bed.delivered).toEqual(
      [
        `${where.batch}/wiki-reports-db-credentials`,
        `${where.db}/postgres-admin`,
        `${where.db}/wiki-db`,
        `${where.db}/wiki-reports-db-credentials`,
        `${where.app}/wiki-db`,
        ...Object.keys(wiki.secrets).map((name) => `${where.app}/${name}`),
      ].toSorted(),
    );
  });

  it.skipIf(!hasPsql)("gives the login in each form that psql reads", async () => {
    expect(await bed.logIn()).toEqual(loggedIn);
    expect(await typeOf("wiki-db")).toBe("kubernetes.io/basic-auth");
    expect(Object.keys((await bed.read("wiki-db")) ?? {}).toSorted()).toEqual(
      [
        ...["CONNINFO", "DATABASE_URL", "dbname", "host", "jdbc-uri", "password", "pgpass"],
        ...["port", "uri", "user", "username"],
      ].toSorted(),
    );
    expect(await bed.cluster.secret(where.batch, "wiki-reports-db-credentials")).toEqual({
      username: "wiki_reports",
      password: "reports-word-0123456789",
      PGUSER: "wiki_reports",
    });
  });

  it("brings attached files byte for byte, under their own names and others", async () => {
    expect(await bed.read("wiki-tls")).toEqual({
      ...certificateFiles,
      "ca.crt": certificateFiles["tls.crt"],
    });
    expect(await typeOf("wiki-tls")).toBe("kubernetes.io/tls");
  });

  it("brings fields of several items and vaults into one Secret, under other names", async () => {
    const { fields } = findItem(bed.cluster.bed.vault(), "netbox-superuser");
    expect(await bed.read("wiki-mix")).toEqual(
      toBytes({
        "API-Token": items["Wiki database"]["API Token"],
        MAIL: items["Wiki mail"].SMTP_PASSWORD,
        NETBOX: fields.find(({ label }) => label === "api_token")?.value ?? "",
        LABEL: items["Wiki things"]["file/label"],
      }),
    );
  });

  it("brings what a pattern finds, under rewritten keys", async () => {
    const { SMTP_HOST: MAIL_HOST, SMTP_PASSWORD: MAIL_PASSWORD } = items["Wiki mail"];
    expect(await bed.read("wiki-mail")).toEqual(toBytes({ MAIL_HOST, MAIL_PASSWORD }));
  });

  it("brings all fields under the keys of the 1Password operator, also empty ones", async () => {
    expect(await bed.read("wiki-things")).toEqual(
      toBytes({
        "API-Token": items["Wiki things"]["API Token"],
        web: items["Wiki things"]["  Ä (web)!"],
        "file-label": items["Wiki things"]["file/label"],
        empty: "",
      }),
    );
  });

  it("makes a Secret of another type from the text of a field", async () => {
    const { config } = items.registry;
    expect(await bed.read("wiki-registry")).toEqual(toBytes({ ".dockerconfigjson": config }));
    expect(await typeOf("wiki-registry")).toBe("kubernetes.io/dockerconfigjson");
  });

  it("owns a Secret, leaves it to nobody, or adds to one of others, as creationPolicy says", async () => {
    const ownersOf = async (name: string): Promise<unknown> => {
      const secret = await bed.secret(name);
      return (secret?.metadata as { ownerReferences?: unknown } | undefined)?.ownerReferences;
    };
    expect(await ownersOf("wiki-mail")).toMatchObject([
      { kind: "ExternalSecret", name: "wiki-mail" },
    ]);
    expect(await ownersOf("wiki-orphan")).toBeUndefined();
    const { OTHER: ADDED } = items["Wiki mail"];
    await expect.poll(() => bed.read("wiki-own")).toEqual(toBytes({ OWN: "stays", ADDED }));
    expect(await ownersOf("wiki-own")).toBeUndefined();
  });

  it("makes the Secrets of a namespace through a store of its own", async () => {
    const spec = parseStack("each", {
      ...writeStack({ each: { namespace: where.each } }, { namespace: where.db }),
      gitops,
      secrets: { through: "external-secret", store: { kind: "SecretStore", connect: bed.connect } },
    });
    const objects: unknown = listObjects(spec).filter(
      ({ metadata }) => metadata.namespace === where.each,
    );
    const made = await deliver(bed.cluster.cluster, objects as readonly Manifest[]);
    expect(made).toEqual([`${where.each}/each-db-credentials`]);
    expect(await bed.cluster.secret(where.each, "each-db-credentials")).toEqual({
      username: "each",
      password: "each-word-0123456789",
    });
  });
});

describe.skipIf(!hasGo)("rotate", () => {
  const rights = [["get", "", "secrets"]] as const;

  it("says so where it may not ask External Secrets, which then reads the item later", async () => {
    await bed.cluster.applyAll(rotationRights(where.app, rights));
    const { exitCode, report, stderr } = await rotate(bed.cluster, "wiki", "--wait", "0");
    expect(exitCode, stderr).toBe(1);
    expect(stderr).toContain(
      "External Secrets reads the item within 2h0m0s (not allowed to patch externalsecrets.external-secrets.io)",
    );
    expect(report).toMatchObject({ secret: { outcome: "late" }, verified: true });
    expect((await bed.read("wiki-db"))?.["password"]?.toString()).not.toBe(bed.passwordInItem);
    await bed.force("wiki-db");
    await expect
      .poll(async () => (await bed.read("wiki-db"))?.["password"]?.toString())
      .toBe(bed.passwordInItem);
  });

  it("has it read the item now, and the app logs in with the new bytes", async () => {
    const patch = ["patch", "external-secrets.io", "externalsecrets"] as const;
    await bed.cluster.applyAll(rotationRights(where.app, [...rights, patch]));
    const { exitCode, report, stderr } = await rotate(bed.cluster, "wiki");
    expect(exitCode, stderr).toBe(0);
    expect(stderr).toContain("External Secrets reads the item now");
    expect(report).toMatchObject({
      secret: { name: `${where.app}/wiki-db`, outcome: "arrived" },
      verified: true,
    });
    expect(hasPsql ? await bed.logIn() : loggedIn).toEqual(loggedIn);
  });

  it("does so past a port-forward too, where berth:cluster names the cluster", async () => {
    const { host, port } = bed.cluster.bed.sandbox.superuser;
    const { kubeconfig } = bed.cluster.cluster;
    const restore = bed.cluster.bed.configure((config) => {
      config["berth:postgres"]["endpoint"] = { direct: { host, port } };
      config["berth:cluster"] = { kubeconfig, context: "berth" };
    });
    const { exitCode, report, stderr } = await rotate(bed.cluster, "wiki");
    restore();
    expect(exitCode, stderr).toBe(0);
    expect(stderr).toContain("External Secrets reads the item now");
    expect(report).toMatchObject({ secret: { outcome: "arrived" }, verified: true });
  });

  it("shows no secret", () => {
    const shown = bed.cluster.bed.outputs.join("\n");
    expect(bed.cluster.bed.secrets().filter((value) => shown.includes(value))).toEqual([]);
  });
});

describe.skipIf(!hasGo)("a changed field", () => {
  it("arrives when it is asked for, but not in a Secret that is read once", async () => {
    const { OTHER } = items["Wiki mail"];
    await bed.cluster.bed.setField("Wiki mail", "OTHER", "changed");
    await bed.force("wiki-orphan");
    await bed.force("wiki-own");
    await expect
      .poll(() => bed.read("wiki-own"))
      .toEqual(toBytes({ OWN: "stays", ADDED: "changed" }));
    expect(await bed.read("wiki-orphan")).toEqual(toBytes({ OTHER }));
  });
});

describe.skipIf(!hasGo)("when a field is gone", () => {
  const rename = (title: keyof typeof items): Promise<void> =>
    bed.cluster.bed.editItem(title, (fields) => {
      for (const field of fields) field["label"] = `former ${String(field["label"])}`;
    });

  it("the Secret of a pattern goes with deletionPolicy Delete", async () => {
    await rename("Wiki mail");
    await bed.force("wiki-mail");
    await expect.poll(() => bed.read("wiki-mail")).toBeUndefined();
    expect(await bed.stateOf("wiki-mail")).toBe("SecretDeleted");
  });

  it("a Secret of fields that are named stays as it was, whatever deletionPolicy says", async () => {
    await rename("registry");
    await bed.force("wiki-registry");
    await expect.poll(() => bed.stateOf("wiki-registry")).toBe("SecretSyncedError");
    expect(await bed.read("wiki-registry")).toEqual(
      toBytes({ ".dockerconfigjson": items.registry.config }),
    );
  });

  it("doctor says which Secret is affected, and what the operator says", async () => {
    const { stackFile } = bed.cluster.bed.sandbox;
    const findings = await diagnose(worldOf(bed.cluster.bed), { name: "dev", file: stackFile });
    const about = (name: string) =>
      findings.filter((finding) => finding.name === name).map(({ detail }) => detail);
    expect(about("state of ClusterSecretStores")).toEqual(["2 ready of 2, 2 are there"]);
    expect(about("state of ExternalSecrets")).toEqual([
      `ExternalSecret ${where.app}/wiki-registry is not ready: SecretSyncedError: could not get secret data from provider`,
    ]);
  });
});

describe.skipIf(!hasGo)("when the ExternalSecret is deleted", () => {
  it("a Secret with creationPolicy Orphan stays", async () => {
    await bed.delete("wiki-orphan");
    await expect.poll(() => bed.find("wiki-orphan")).toBeUndefined();
    expect(await bed.read("wiki-orphan")).toEqual(toBytes({ OTHER: items["Wiki mail"].OTHER }));
  });
});
