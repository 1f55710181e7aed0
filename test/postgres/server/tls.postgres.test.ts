import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { execa } from "execa";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { TlsSpec } from "../../../components/config/spec/postgres.ts";
import { Credential } from "../../../components/onepassword/credential.ts";
import { withServer } from "../../../components/postgres/server/reach.ts";
import { withSession } from "../../../components/postgres/server/session.ts";
import { toLibpqTls } from "../../../components/postgres/server/tls.ts";
import { giveTo } from "../../../dev/postgres/place.ts";
import { freePort } from "../../../dev/postgres/ports.ts";
import { preparePostgres } from "../../../dev/postgres/prepare.ts";
import { findSystemUser } from "../../../dev/postgres/run-as.ts";
import { removeServer, startServer } from "../../../dev/postgres/server.ts";
import { useFolder } from "../../fakes/folder.ts";
import { issue } from "../../tunnel/certificate.ts";
import { hasPsql } from "../psql/run.ts";

/** Each mode against each kind of certificate, by Berth and, as the control, by libpq itself. */

const name = "postgres-postgresql.db-postgres.svc";
const cloudName = "demo-project:demo-db";
const password = "only-for-this-test";
const folder = useFolder("tls-table");
const ca = issue("Test CA");
const certificates = {
  "with the right name": issue(name, { issuer: ca }),
  "with another name": issue("other.example", { issuer: ca }),
  "of Cloud SQL": issue(cloudName, { issuer: ca, hasDnsName: false }),
  "of another CA": issue(name, { issuer: issue("Another CA") }),
};

const caFile = join(folder, "ca.pem");
const ways: Record<string, TlsSpec> = {
  disable: { mode: "disable", caFile: undefined, serverName: name },
  require: { mode: "require", caFile: undefined, serverName: name },
  "require with a CA": { mode: "require", caFile, serverName: name },
  "verify-ca": { mode: "verify-ca", caFile, serverName: name },
  "verify-full": { mode: "verify-full", caFile, serverName: name },
  "verify-full for Cloud SQL's name": { mode: "verify-full", caFile, serverName: cloudName },
};

const anyCa = ["disable", "require"];
const rightCa = [...anyCa, "require with a CA", "verify-ca"];
const expected: Record<keyof typeof certificates, readonly string[]> = {
  "with the right name": [...rightCa, "verify-full"],
  "with another name": rightCa,
  "of Cloud SQL": [...rightCa, "verify-full for Cloud SQL's name"],
  "of another CA": anyCa,
};

const why: Record<string, RegExp> = {
  "with another name":
    /certificate is not for ".*"; it is for DNS:other\.example\n {2}fix: .*verify-ca/,
  "of Cloud SQL":
    /certificate is not for ".*"; it is for demo-project:demo-db\n {2}fix: .*verify-ca/,
  "of another CA":
    /not signed by a CA that is trusted here.*\n {2}fix: set berth:postgres\.tls\.ca to/,
};

beforeAll(() => {
  writeFileSync(caFile, ca.cert);
});

describe.each(Object.entries(certificates))("a certificate %s", (kind, { cert, key }) => {
  const home = join(folder, kind.replaceAll(" ", "-"));
  let port = 0;

  beforeAll(async () => {
    const user = findSystemUser();
    giveTo(folder, user);
    const files = { ssl_cert_file: `${home}.pem`, ssl_key_file: `${home}.key` };
    for (const [file, text] of [
      [files.ssl_cert_file, cert],
      [files.ssl_key_file, key],
    ] as const) {
      writeFileSync(file, text, { mode: 0o600 });
      giveTo(file, user);
    }
    await preparePostgres({ home, superuserPassword: password });
    const settings = { ssl: "on", ...files };
    ({ port } = await startServer({ home, port: await freePort(), settings }));
  });

  afterAll(async () => {
    await removeServer(home);
  });

  const isTaken = (way: string) => expected[kind as keyof typeof certificates].includes(way);

  test.each(Object.keys(ways))("by %s", async (way) => {
    const tls = ways[way];
    if (tls === undefined) throw new Error("no such way");
    const endpoint = { kind: "direct", host: "127.0.0.1", port } as const;
    const outcome = await withServer({ endpoint, tls, adminItem: "x/y" }, (server) =>
      withSession({ ...server, database: "postgres" }, new Credential("postgres", password), () =>
        Promise.resolve(true),
      ),
    ).catch((error: unknown) => String(error));
    if (isTaken(way)) expect(outcome).toBe(true);
    else expect(outcome).toMatch(why[kind] ?? /certificate is not for/);
  });

  test.runIf(hasPsql).each(Object.keys(ways))("by libpq's own %s", async (way) => {
    const tls = ways[way];
    if (tls === undefined) throw new Error("no such way");
    const { failed } = await execa("psql", ["-X", "-c", "select 1"], {
      env: {
        PATH: process.env["PATH"] ?? "",
        PGHOST: tls.serverName,
        PGHOSTADDR: "127.0.0.1",
        PGPORT: String(port),
        PGUSER: "postgres",
        PGPASSWORD: password,
        PGDATABASE: "postgres",
        HOME: folder,
        ...toLibpqTls(tls, tls.caFile),
      },
      extendEnv: false,
      reject: false,
    });
    expect(!failed).toBe(isTaken(way));
  });
});
