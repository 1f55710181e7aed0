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
const inDays = (count: number): Date => new Date(Date.now() + count * 86_400_000);
const expired = { from: inDays(-9), to: inDays(-1) };
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
  it("comes into the key, and nothing else of the Secret changes", async () => {
    const { exitCode, output } = await run();
    expect(output).toContain("Secret infra-vault/vault-env, key DB_ROOT_CERT: written");
    expect(output).not.toContain("warning");
    expect(exitCode).toBe(0);
    expect(squeeze(decode(dataOf()["DB_ROOT_CERT"]))).toBe(squeeze(server.cert));
    expect(dataOf()["OTHER"]).toBe("Y2FuYXJ5LW90aGVy");
    expect(api.containers).toEqual([null]);
    // The annotations of a SealedSecret, and a restart, are for those that need them.
    expect(JSON.stringify(api.changes)).not.toMatch(/sealedsecrets|sync-options/);
    expect(api.changes.map(({ path }) => path)).toEqual([target, target]);
  });

  it("is read from the container that the stack file names, and is in base64 once more for an app that decodes it", async () => {
    api.files.set("pg-0 /tls/ca.crt", ca.cert);
    const source = { pods: ["pg-0"], container: "postgres", file: "/tls/ca.crt" };
    expect((await run({ encoding: "base64" }, source)).exitCode).toBe(0);
    expect(api.containers).toEqual(["postgres"]);
    const value = decode(dataOf()["DB_ROOT_CERT"]);
    expect(value).toMatch(/^[A-Za-z0-9+/]+=*$/);
    expect(squeeze(decode(value))).toBe(squeeze(ca.cert));
  });

  it("is together with those of the other Pods, each once, without a key or what is not valid", async () => {
    api.files.set(`pg-0 ${file}`, `# né à la main\r\n${server.key}\n${server.cert}`);
    api.files.set(`pg-1 ${file}`, renewed.cert + issue(host, expired).cert);
    api.files.set(`pg-2 ${file}`, server.cert);
    const { exitCode, output } = await run({}, { pods: ["pg-0", "pg-1", "pg-2", "pg-3"] });
    expect(output).toMatch(/^warning: Pod db-postgres\/pg-1, .* is not valid today$/m);
    expect(output).toContain(
      `warning: Pod db-postgres/pg-3, ${file}: there is no such Pod, or it does not answer`,
    );
    expect(exitCode).toBe(0);
    const text = squeeze(decode(dataOf()["DB_ROOT_CERT"]));
    expect(text).toBe(squeeze(server.cert + renewed.cert));
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
  it("is refused with the reason of each Pod, and the Secret keeps what it has", async () => {
    const right = 'cannot create resource "pods/exec"';
    api.denied.set("/api/v1/namespaces/db-postgres/pods/pg-5/exec", right);
    const damaged = server.cert.replace(/\n[A-Za-z0-9+/]{20}/, "\nAAAAAAAAAAAAAAAAAAAA");
    const texts: readonly (readonly [text: string | undefined, reason: string])[] = [
      ["", "there is no certificate"],
      [server.key, "there is no certificate"],
      [damaged, "a certificate there is damaged"],
      [issue(host, expired).cert, `CN=${host} `],
      [issue(host, { from: inDays(1), to: inDays(9) }).cert, `CN=${host} `],
      [undefined, right],
      [undefined, `cat: ${file}: No such file or directory`],
    ];
    for (const [at, [text]] of texts.entries()) {
      api.files.set(`pg-${String(at)} ${text === undefined ? "/other" : file}`, text ?? "");
    }
    const pods = texts.map((_, at) => `pg-${String(at)}`);
    const { exitCode, output } = await run({}, { pods });
    expect(output.replace("error: ", "").split("\n")).toEqual(
      texts.map(
        ([, reason], at) =>
          expect.stringMatching(
            `^Pod db-postgres/pg-${String(at)}, ${file}: .*${reason}`,
          ) as string,
      ),
    );
    expect(exitCode).toBe(1);
    expect(api.changes).toEqual([]);
  });

  it("is copied with a warning if it is for another host", async () => {
    const [byName, without] = [issue("spilo.dummy.org", { issuer: ca }), issue("spilo.dummy.org")];
    api.files.set(`pg-0 ${file}`, byName.cert);
    api.files.set(`pg-1 ${file}`, without.cert);
    const { exitCode, output } = await run({}, { pods: ["pg-0", "pg-1"] });
    for (const [at, names] of ["DNS:spilo.dummy.org", "no other name"].entries()) {
      const line = `warning: Pod db-postgres/pg-${String(at)}, ${file}: the certificate is not for ${host} `;
      expect(output.split("\n").find((one) => one.startsWith(line))).toContain(names);
    }
    expect(exitCode).toBe(0);
    const text = squeeze(decode(dataOf()["DB_ROOT_CERT"]));
    expect(text).toBe(squeeze(byName.cert + without.cert));
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

  it("of a SealedSecret keeps the key, and Argo CD keeps the Secret, which may have no data", async () => {
    const owner = { kind: "SealedSecret", name: "vault-env" };
    api.objects.set(target, { metadata: { ownerReferences: [owner] } });
    expect((await run()).exitCode).toBe(0);
    expect(Object.keys(dataOf())).toEqual(["DB_ROOT_CERT"]);
    expect(api.objects.get(target)?.["metadata"]).toMatchObject({
      annotations: {
        "sealedsecrets.bitnami.com/patch": "true",
        "argocd.argoproj.io/sync-options": "Prune=false",
      },
    });
  });

  it("that may not be changed ends the run", async () => {
    api.denied.set(target, 'secrets "vault-env" is forbidden');
    expect(await run()).toMatchObject({ exitCode: 1 });
  });
});

describe("what reads the certificate", () => {
  const restart = ["Deployment/vault", "StatefulSet/worker"];

  it("is restarted once, and not again before the certificate is another", async () => {
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
});
