import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { Client } from "pg";
import { expect } from "vitest";
import type { TlsSpec } from "../../../components/config/spec/postgres.ts";
import { explainLoginFailure } from "../../../components/postgres/server/login-failure.ts";
import { pgTlsOptions } from "../../../components/postgres/server/tls.ts";
import { openEndpoint } from "../../../components/tunnel/endpoint.ts";
import { type Issued, issue } from "../../tunnel/certificate.ts";
import { startBackend } from "../../tunnel/cluster.ts";
import { servePostgres } from "../../tunnel/fake-postgres.ts";
import type { Row } from "../trial.ts";
import { wordsOf } from "./fake-op.ts";

/** Fixes of TLS: files of certificates, and what a server shows. */

const name = "db.example.org";
const ca = issue("Test CA");
const own = issue("client", { issuer: ca });
const expired = { from: new Date(0), to: new Date(1e12) };

/** Files that are wrong, and what a fix writes there. */
function ofFiles(
  wrong: Readonly<Record<string, string | undefined>>,
  right: Readonly<Record<string, string>>,
): Row["arrange"] {
  return () => {
    const folder = mkdtempSync(path.join(tmpdir(), "berth's tls "));
    const write = (files: typeof wrong): void => {
      for (const [file, text] of Object.entries(files))
        if (text !== undefined) writeFileSync(path.join(folder, file), text);
    };
    write({ "ca.pem": ca.cert, "own.pem": own.cert, "own.key": own.key });
    for (const file of Object.keys(wrong)) rmSync(path.join(folder, file));
    write(wrong);
    const [certFile, keyFile] = [path.join(folder, "own.pem"), path.join(folder, "own.key")];
    const tls: TlsSpec = {
      mode: "verify-full",
      caFile: path.join(folder, "ca.pem"),
      serverName: name,
      client: { certFile, keyFile },
    };
    return {
      run: () => pgTlsOptions(tls),
      repair: (fix) => {
        const [command] = /openssl .*(?= -out|$)/.exec(fix) ?? [];
        if (command !== undefined) expect(wordsOf(command)[3]).toMatch(path.join(folder, ""));
        write(right);
      },
      end: () => {
        rmSync(folder, { recursive: true });
      },
    };
  };
}

const encrypted = own.keyObject.export({
  type: "pkcs8",
  format: "pem",
  cipher: "aes-256-cbc",
  passphrase: "of-this-test",
}) as string;
const damaged = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";

const fileRows: readonly Row[] = [
  {
    fix: "name a pair of files under ….cert and ….key",
    when: "the key is another's",
    arrange: ofFiles({ "own.key": issue("other").key }, { "own.key": own.key }),
  },
  {
    fix: "write it without a passphrase, readable by you alone: openssl pkey -in …",
    when: "the key is encrypted",
    arrange: ofFiles({ "own.key": encrypted }, { "own.key": own.key }),
  },
  {
    fix: "write the key of the certificate there",
    when: "the key's file has none",
    arrange: ofFiles({ "own.key": own.cert }, { "own.key": own.key }),
  },
  {
    fix: "write the CA's certificate there",
    when: "the CA's file has none",
    arrange: ofFiles({ "ca.pem": "none" }, { "ca.pem": ca.cert }),
  },
  {
    fix: "get the server's present CA into …",
    when: "the CA has expired",
    arrange: ofFiles({ "ca.pem": issue("Old CA", expired).cert }, { "ca.pem": ca.cert }),
  },
  {
    fix: "correct …",
    when: "a file is not there",
    arrange: ofFiles({ "own.pem": undefined }, { "own.pem": own.cert }),
  },
  {
    fix: "openssl x509 -in … -noout -subject -dates",
    when: "a certificate is damaged",
    arrange: ofFiles({ "ca.pem": damaged }, { "ca.pem": ca.cert }),
  },
].map((row) => ({ file: "components/postgres/server/tls.ts", ...row }));

interface Way {
  readonly certificate: Issued | undefined;
  readonly tls: TlsSpec;
}

/** A login whose TLS fails, until the server or the stack file is changed. */
function ofServer(wrong: Partial<Way>, right: Partial<Way>): Row["arrange"] {
  return () => {
    const folder = mkdtempSync(path.join(tmpdir(), "berth-tls-"));
    const caFile = path.join(folder, "ca.pem");
    writeFileSync(caFile, ca.cert);
    const usual: Way = {
      certificate: issue(name, { issuer: ca }),
      tls: { mode: "verify-full", caFile, serverName: name },
    };
    const fill = ({ tls, ...rest }: Partial<Way>): Way => {
      const filled = tls?.caFile === "right" ? { ...tls, caFile } : tls;
      return { ...usual, ...rest, ...(filled === undefined ? {} : { tls: filled }) };
    };
    let way = fill(wrong);
    return {
      run: () => logIn(way),
      repair: () => (way = fill(right)),
      end: () => {
        rmSync(folder, { recursive: true });
      },
    };
  };
}

async function logIn({ certificate, tls }: Way): Promise<void> {
  const serves = certificate === undefined ? {} : { certificate };
  const backend = await startBackend(servePostgres(serves));
  const { port } = backend;
  const endpoint = await openEndpoint({ kind: "direct", host: "127.0.0.1", port }, tls);
  const client = new Client({ host: "127.0.0.1", port, ssl: pgTlsOptions(tls), user: "x" });
  client.on("error", () => undefined);
  try {
    await client.connect();
  } catch (error) {
    throw explainLoginFailure(error, endpoint);
  } finally {
    await client.end().catch(() => undefined);
    await endpoint.close();
    await backend.stop();
  }
}

const serverRows: readonly Row[] = [
  {
    fix: "set berth:postgres.tls.ca to the CA that signed it",
    when: "nobody trusts the CA",
    arrange: ofServer({ tls: { mode: "verify-full", caFile: undefined, serverName: name } }, {}),
  },
  {
    fix: "if this is the right server, set berth:postgres.tls.serverName to a name on the certificate",
    when: "the certificate has another name",
    arrange: ofServer(
      { tls: { mode: "verify-full", caFile: "right", serverName: "db.other.org" } },
      {},
    ),
  },
  {
    fix: "if this is the right server, set berth:postgres.tls.serverName to a name on the certificate, or, where it has no host name, mode to verify-ca and ca to its CA",
    when: "the certificate has no host name",
    arrange: ofServer(
      { certificate: issue("project:instance", { issuer: ca, hasDnsName: false }) },
      {
        certificate: issue("project:instance", { issuer: ca, hasDnsName: false }),
        tls: { mode: "verify-ca", caFile: "right", serverName: name },
      },
    ),
  },
  {
    fix: "renew it on the server, or correct this machine's clock",
    when: "the certificate has expired",
    arrange: ofServer({ certificate: issue(name, { issuer: ca, ...expired }) }, {}),
  },
  {
    fix: "turn ssl on at the server; only where the way is safe by itself set berth:postgres.tls.mode to disable",
    when: "the server speaks no TLS",
    arrange: ofServer(
      { certificate: undefined },
      {
        certificate: undefined,
        tls: { mode: "disable", caFile: undefined, serverName: name },
      },
    ),
  },
].map((row) => ({ file: "components/postgres/server/tls-failure.ts", ...row }));

export const tlsRows: readonly Row[] = [...fileRows, ...serverRows];
