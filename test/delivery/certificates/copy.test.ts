import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { issue } from "../../tunnel/certificate.ts";
import { CertificateApi, type Json } from "./api.ts";
import { runCopy } from "./run-copy.ts";

/**
 * The Job that copies a certificate, run as a pod runs it: the files of its ConfigMap, its command and its
 * environment, with a real Node and real certificates. Only the API server is a stand-in.
 */

const host = "postgres-postgresql.db-postgres.svc.cluster.local";
const day = 86_400_000;
const file = "/run/certs/server.crt";
const target = "/api/v1/namespaces/infra-vault/secrets/vault-env";
const deployment = "/apis/apps/v1/namespaces/infra-vault/deployments/vault";
const statefulSet = "/apis/apps/v1/namespaces/infra-vault/statefulsets/worker";
const ca = issue("A CA");
const server = issue(host, { issuer: ca });
const renewed = issue(host, { issuer: ca });

let api: CertificateApi;
let folder: string;

beforeEach(async () => {
  api = new CertificateApi();
  await api.start();
  folder = mkdtempSync(path.join(tmpdir(), "berth-certificate-"));
  api.objects.set(target, { metadata: { name: "vault-env" }, data: { OTHER: "Y2FuYXJ5LW90aGVy" } });
  api.objects.set(deployment, { spec: { template: {} } });
  api.files.set(`pg-0 ${file}`, server.cert);
});

afterEach(async () => {
  await api.stop();
  rmSync(folder, { recursive: true });
});

const run = (entry: object = {}, source: object = { pods: ["pg-0"] }) =>
  runCopy(
    { api, folder, secrets: [server.cert.slice(60, 120), server.key.slice(40, 90)] },
    entry,
    source,
  );
const dataOf = (path = target) => (api.objects.get(path) as { data: Record<string, string> }).data;
const decode = (text = ""): string => Buffer.from(text, "base64").toString("latin1");
const squeeze = (pem: string): string => pem.replaceAll(/\s/g, "");
const templateOf = (path: string) =>
  (api.objects.get(path) as { spec: { template: { metadata?: Json } } }).spec.template.metadata;

describe("the certificate of a Pod", () => {
  it("comes into the key, and the other keys stay", async () => {
    const { exitCode, output } = await run();
    expect(output).toContain("Secret infra-vault/vault-env, key DB_ROOT_CERT: written");
    expect(output).not.toContain("warning");
    expect(exitCode).toBe(0);
    expect(squeeze(decode(dataOf()["DB_ROOT_CERT"]))).toBe(squeeze(server.cert));
    expect(dataOf()["OTHER"]).toBe("Y2FuYXJ5LW90aGVy");
    expect(api.containers).toEqual([null]);
  });

  it("is read from the container that the stack file names", async () => {
    api.files.set("pg-0 /tls/ca.crt", ca.cert);
    const source = { pods: ["pg-0"], container: "postgres", file: "/tls/ca.crt" };
    expect((await run({}, source)).exitCode).toBe(0);
    expect(api.containers).toEqual(["postgres"]);
  });

  it("is in base64 once more for an app that decodes it", async () => {
    await run({ encoding: "base64" });
    const value = decode(dataOf()["DB_ROOT_CERT"]);
    expect(value).toMatch(/^[A-Za-z0-9+/]+=*$/);
    expect(squeeze(decode(value))).toBe(squeeze(server.cert));
  });

  it("comes alone, without a key that is in the same file", async () => {
    api.files.set(`pg-0 ${file}`, `# né à la main\r\n${server.key}\n${server.cert}`);
    await run();
    expect(decode(dataOf()["DB_ROOT_CERT"])).not.toContain("PRIVATE");
  });

  it("is together with those of the other Pods, each once", async () => {
    api.files.set(`pg-1 ${file}`, renewed.cert);
    api.files.set(`pg-2 ${file}`, server.cert);
    const { exitCode } = await run({}, { pods: ["pg-0", "pg-1", "pg-2"] });
    expect(exitCode).toBe(0);
    const text = squeeze(decode(dataOf()["DB_ROOT_CERT"]));
    expect(text).toBe(squeeze(server.cert + renewed.cert));
  });

  it("is enough when another Pod is not there, with a warning", async () => {
    const { exitCode, output } = await run({}, { pods: ["pg-0", "pg-1"] });
    expect(output).toContain(
      `warning: Pod db-postgres/pg-1, ${file}: there is no such Pod, or it does not answer`,
    );
    expect(exitCode).toBe(0);
  });
});

describe("the certificate of a Secret", () => {
  const source = "/api/v1/namespaces/db-postgres/secrets/main-ca";

  it("comes from its key, and a CA needs no host name", async () => {
    const data = { "ca.crt": Buffer.from(ca.cert).toString("base64"), "ca.key": "Y2FuYXJ5" };
    api.objects.set(source, { metadata: {}, data });
    const { exitCode, output } = await run({}, { secret: "main-ca" });
    expect(output).not.toContain("warning");
    expect(exitCode).toBe(0);
    expect(squeeze(decode(dataOf()["DB_ROOT_CERT"]))).toBe(squeeze(ca.cert));
  });

  it.each([
    [undefined, "error: Secret db-postgres/main-ca, key ca.crt: there is no such Secret"],
    [{}, "error: Secret db-postgres/main-ca, key ca.crt: there is no such key"],
  ])("is refused if it is not there (%j)", async (data, message) => {
    if (data !== undefined) api.objects.set(source, { metadata: {}, data });
    expect(await run({}, { secret: "main-ca" })).toEqual({ exitCode: 1, output: message });
    expect(api.changes).toEqual([]);
  });
});

describe("a certificate that nobody could use", () => {
  const at = `error: Pod db-postgres/pg-0, ${file}: `;
  it.each([
    ["an empty file", "", "there is no certificate"],
    ["a key", server.key, "there is no certificate"],
    [
      "a damaged certificate",
      server.cert.replace(/\n[A-Za-z0-9+/]{20}/, "\nAAAAAAAAAAAAAAAAAAAA"),
      "a certificate there is damaged",
    ],
    [
      "an expired one",
      issue(host, { from: new Date(Date.now() - 9 * day), to: new Date(Date.now() - day) }).cert,
      `CN=${host} (`,
    ],
    [
      "one that is not valid yet",
      issue(host, { from: new Date(Date.now() + day), to: new Date(Date.now() + 9 * day) }).cert,
      `CN=${host} (`,
    ],
  ])("is refused, and the Secret keeps what it has: %s", async (_, text, message) => {
    api.files.set(`pg-0 ${file}`, text);
    const { exitCode, output } = await run();
    expect(output).toContain(at + message);
    expect(exitCode).toBe(1);
    expect(api.changes).toEqual([]);
  });

  it("is left out beside one that is valid", async () => {
    const old = issue(host, {
      from: new Date(Date.now() - 9 * day),
      to: new Date(Date.now() - day),
    });
    api.files.set(`pg-0 ${file}`, server.cert + old.cert);
    const { exitCode, output } = await run();
    expect(output).toMatch(/^warning: .* is not valid today$/m);
    expect(exitCode).toBe(0);
    expect(squeeze(decode(dataOf()["DB_ROOT_CERT"]))).toBe(squeeze(server.cert));
  });

  it.each([
    ["by another name", issue("spilo.dummy.org", { issuer: ca }).cert, "DNS:spilo.dummy.org"],
    ["without any", issue("spilo.dummy.org").cert, "no other name"],
  ])("is copied with a warning if it is for another host, %s", async (_, text, names) => {
    api.files.set(`pg-0 ${file}`, text);
    const { exitCode, output } = await run();
    expect(output).toContain(
      `warning: Pod db-postgres/pg-0, ${file}: the certificate is not for ${host}`,
    );
    expect(output).toContain(names);
    expect(exitCode).toBe(0);
    expect(squeeze(decode(dataOf()["DB_ROOT_CERT"]))).toBe(squeeze(text));
  });

  it("is not read without the right, and the API server says which", async () => {
    const exec = "/api/v1/namespaces/db-postgres/pods/pg-0/exec";
    api.denied.set(exec, 'pods "pg-0" is forbidden: cannot create resource "pods/exec"');
    const { exitCode, output } = await run();
    expect(output).toContain('cannot create resource "pods/exec"');
    expect(exitCode).toBe(1);
  });

  it("is not in a file that does not exist", async () => {
    const { exitCode, output } = await run({}, { pods: ["pg-0"], file: "/no/such" });
    expect(output).toContain("cat: /no/such: No such file or directory");
    expect(exitCode).toBe(1);
  });
});

describe("the Secret", () => {
  it("may be missing: then there is nothing to do", async () => {
    api.objects.delete(target);
    const { exitCode, output } = await run({ restart: ["Deployment/vault"] });
    expect(output).toContain("Secret infra-vault/vault-env is not there yet: nothing to do");
    expect(exitCode).toBe(0);
    expect(api.changes).toEqual([]);
  });

  it("may have no data", async () => {
    api.objects.set(target, { metadata: {} });
    expect((await run()).exitCode).toBe(0);
    expect(Object.keys(dataOf())).toEqual(["DB_ROOT_CERT"]);
  });

  it("of a SealedSecret keeps the key, and Argo CD keeps the Secret", async () => {
    const owner = { kind: "SealedSecret", name: "vault-env" };
    api.objects.set(target, { metadata: { ownerReferences: [owner] }, data: {} });
    await run();
    expect(api.objects.get(target)?.["metadata"]).toMatchObject({
      annotations: {
        "sealedsecrets.bitnami.com/patch": "true",
        "argocd.argoproj.io/sync-options": "Prune=false",
      },
    });
  });

  it("of others gets no such annotations", async () => {
    await run();
    expect(JSON.stringify(api.changes)).not.toMatch(/sealedsecrets|sync-options/);
  });

  it("that may not be changed ends the run", async () => {
    api.denied.set(target, 'secrets "vault-env" is forbidden');
    expect(await run()).toMatchObject({ exitCode: 1 });
  });
});

describe("what reads the certificate", () => {
  const restart = ["Deployment/vault", "StatefulSet/worker"];

  it("is restarted once, and not again while the certificate is the same", async () => {
    const { output } = await run({ restart });
    expect(output).toContain("Deployment vault: restarted");
    expect(output).toContain("StatefulSet worker: not there yet");
    const first = templateOf(deployment);
    api.changes.length = 0;
    api.objects.set(statefulSet, { spec: { template: {} } });
    const again = await run({ restart });
    expect(again).toMatchObject({ exitCode: 0 });
    expect(again.output).toContain("up to date");
    expect(api.changes).toEqual([]);
    expect(templateOf(deployment)).toEqual(first);
  });

  it("is restarted for a renewed certificate", async () => {
    await run({ restart });
    const first = templateOf(deployment);
    api.files.set(`pg-0 ${file}`, renewed.cert);
    await run({ restart });
    expect(templateOf(deployment)).not.toEqual(first);
  });

  it("is restarted by the next run if one was cut off after the Secret was written", async () => {
    api.denied.set(deployment, "deployments is forbidden");
    expect((await run({ restart })).exitCode).toBe(1);
    expect(Object.keys(dataOf())).toContain("DB_ROOT_CERT");
    api.denied.clear();
    expect((await run({ restart })).output).toContain("Deployment vault: restarted");
  });

  it("is not restarted if nothing is named", async () => {
    await run();
    expect(api.changes.map(({ path }) => path)).toEqual([target, target]);
  });
});
