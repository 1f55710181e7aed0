import { generateKeyPairSync } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { execa } from "execa";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { TlsSpec } from "../../../components/config/spec/postgres.ts";
import { readAdminOf } from "../../../components/onepassword/admin.ts";
import { Credential } from "../../../components/onepassword/credential.ts";
import { toProviderPostgres } from "../../../components/postgres/app-database.ts";
import type { PostgresConfig } from "../../../components/postgres/server/config.ts";
import { PostgresServer } from "../../../components/postgres/server/postgres-server.ts";
import { withServer } from "../../../components/postgres/server/reach.ts";
import { withSession } from "../../../components/postgres/server/session.ts";
import { toLibpqTls } from "../../../components/postgres/server/tls.ts";
import { giveTo } from "../../../dev/postgres/place.ts";
import { freePort } from "../../../dev/postgres/ports.ts";
import { preparePostgres } from "../../../dev/postgres/prepare.ts";
import { findSystemUser } from "../../../dev/postgres/run-as.ts";
import { removeServer, startServer } from "../../../dev/postgres/server.ts";
import { parseProviderConfig } from "../../../provider/app-database/provider-config.ts";
import { useFolder } from "../../fakes/folder.ts";
import { makeSpec } from "../../fakes/stack.ts";
import { issue } from "../../tunnel/certificate.ts";
import { hasPsql } from "../psql/run.ts";

/** A server that lets its superuser in with a certificate alone, and asks everybody else for one as well. */

const folder = useFolder("client-cert");
const ca = issue("Test CA");
const at = (name: string): string => join(folder, name);
const write = (name: string, text: string): string => {
  writeFileSync(at(name), text, { mode: 0o600 });
  return at(name);
};
const pair = (name: string, { cert, key }: { readonly cert: string; readonly key: string }) => ({
  certFile: write(`${name}.pem`, cert),
  keyFile: write(`${name}.key`, key),
});
const admin = pair("postgres", issue("postgres", { issuer: ca, hasDnsName: false }));
const other = pair("other", issue("other", { issuer: ca, hasDnsName: false }));
const stranger = pair("stranger", issue("postgres", { issuer: issue("Another CA") }));
const { privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
const encrypted = write(
  "encrypted.key",
  privateKey.export({
    type: "pkcs8",
    format: "pem",
    cipher: "aes-256-cbc",
    passphrase: "passphrase-of-this-test",
  }) as string,
);

const home = at("server");
const password = "only-for-this-test";
let port = 0;

beforeAll(async () => {
  const user = findSystemUser();
  giveTo(folder, user);
  const server = pair("localhost", issue("localhost", { issuer: ca }));
  const hba = [
    "hostssl all postgres 127.0.0.1/32 cert",
    // As on a server whose administrator has not changed it yet.
    "hostssl all other 127.0.0.1/32 scram-sha-256",
    "hostssl all all 127.0.0.1/32 scram-sha-256 clientcert=verify-ca",
    "local all all trust",
  ];
  const files = {
    ssl_cert_file: server.certFile,
    ssl_key_file: server.keyFile,
    ssl_ca_file: write("ca.pem", ca.cert),
    hba_file: write("hba.conf", `${hba.join("\n")}\n`),
  };
  for (const file of Object.values(files)) giveTo(file, user);
  await preparePostgres({ home, superuserPassword: password });
  ({ port } = await startServer({
    home,
    port: await freePort(),
    settings: { ssl: "on", ...files },
  }));
});

afterAll(async () => {
  await removeServer(home);
});

function tlsWith(client: TlsSpec["client"]): TlsSpec {
  return { mode: "verify-full", caFile: at("ca.pem"), serverName: "localhost", client };
}

/** As the admin that a stack file names; returns its name, as the server knows it. */
async function enterAs(adminUser: string, client: typeof admin): Promise<string> {
  const tls = {
    ca: at("ca.pem"),
    serverName: "localhost",
    cert: client.certFile,
    key: client.keyFile,
  };
  const endpoint = { direct: { host: "127.0.0.1", port } };
  const { postgres } = makeSpec({}, { endpoint, tls, adminUser });
  const given = toProviderPostgres(postgres, await readAdminOf(postgres));
  const config = parseProviderConfig({ postgres: given }, () => {
    throw new Error("an item was read");
  });
  const server = new PostgresServer(config as PostgresConfig);
  const found = server.inspectStack().then(({ catalog }) => catalog.server.admin);
  const admin = await found.catch(String);
  await server.close();
  return admin;
}

async function enter(client: TlsSpec["client"], statement = "select 1"): Promise<string> {
  const endpoint = { kind: "direct", host: "127.0.0.1", port } as const;
  const address = { endpoint, tls: tlsWith(client), adminItem: "x/y" };
  return await withServer(address, (server) =>
    withSession(
      { ...server, database: "postgres" },
      new Credential("postgres", "not it"),
      async (session) => {
        await session.query(statement);
        return "entered";
      },
    ),
  ).catch(String);
}

describe("a client certificate", () => {
  test("lets its role in, without a password where the server wants none", async () => {
    expect(await enter(admin)).toBe("entered");
  });

  test("lets the provider in as the role that the stack file names, and reads no item", async () => {
    expect(await enterAs("postgres", admin)).toBe("postgres");
  });

  test("is of no use to a role that the server asks for a password, until pg_hba.conf says cert", async () => {
    await enter(admin, "create role other login createrole createdb");
    process.env["PGPASSWORD"] = "only-for-this-test";
    const [, fix = ""] =
      /the server asks role "other" for a password.*\n {2}fix: in pg_hba.conf, .*: (hostssl .* cert);/.exec(
        await enterAs("other", other),
      ) ?? [];
    delete process.env["PGPASSWORD"];
    const lines = readFileSync(at("hba.conf"), "utf8");
    writeFileSync(at("hba.conf"), `${fix.replace("<address>", "127.0.0.1/32")}\n${lines}`);
    await enter(admin, "select pg_reload_conf()");
    await expect.poll(() => enterAs("other", other)).toBe("other");
  });

  test.runIf(hasPsql)("does so for a client of libpq too, as pg_dump is", async () => {
    const { stdout } = await execa("psql", ["-XAtc", "select current_user"], {
      env: {
        PATH: process.env["PATH"] ?? "",
        PGHOST: "localhost",
        PGHOSTADDR: "127.0.0.1",
        PGPORT: String(port),
        PGUSER: "postgres",
        PGDATABASE: "postgres",
        HOME: folder,
        ...toLibpqTls(tlsWith(admin), at("ca.pem")),
      },
      extendEnv: false,
    });
    expect(stdout).toBe("postgres");
  });

  test.each<[string, TlsSpec["client"], RegExp]>([
    [
      "that is missing",
      undefined,
      /fix: .*client certificate, which berth:postgres\.tls\.cert names/,
    ],
    ["of another role", other, /fix: .*client certificate, which berth:postgres\.tls\.cert names/],
    ["of another CA", stranger, /cannot connect to Postgres/],
    [
      "whose file is not there",
      { ...admin, certFile: at("nothere.pem") },
      /the certificate file .*nothere\.pem does not exist\n {2}fix: correct berth:postgres\.tls\.cert/,
    ],
    [
      "with the key of another",
      { ...admin, keyFile: other.keyFile },
      /the key in .*other\.key is not that of the certificate in .*postgres\.pem/,
    ],
    [
      "with no key in the key's file",
      { ...admin, keyFile: admin.certFile },
      /postgres\.pem holds no PEM key/,
    ],
    [
      "with an encrypted key",
      { ...admin, keyFile: encrypted },
      /encrypted\.key is encrypted\n {2}fix: .*openssl pkey -in/,
    ],
  ])("%s is named", async (_, client, error) => {
    const found = await enter(client);
    expect(found).toMatch(error);
    const secrets = [admin.keyFile, other.keyFile, encrypted].map(
      (file) => readFileSync(file, "utf8").split("\n")[1] ?? "",
    );
    expect(secrets.filter((line) => found.includes(line))).toEqual([]);
  });
});
