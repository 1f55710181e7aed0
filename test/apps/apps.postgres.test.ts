import { readFileSync, writeFileSync } from "node:fs";
import { Client, escapeIdentifier, escapeLiteral } from "pg";
import { afterAll, beforeAll, expect, test } from "vitest";
import { parse } from "yaml";
import { eachDatabase } from "../../components/config/databases.ts";
import { loginKeys, renderKey } from "../../components/config/keys/render.ts";
import { parseStack } from "../../components/config/parse.ts";
import type { AppSpec } from "../../components/config/spec.ts";
import { makeVerifier } from "../../components/postgres/verifier.ts";
import { startTestServer, type TestServer } from "../fakes/postgres-server.ts";
import { passwords } from "../secrets/login-keys.ts";
import { type AppRow, rows } from "./rows.ts";

/** Logs in as each app of docs/apps.md does, with the bytes of its Secret, and makes that page. */

const page = new URL("../../docs/apps.md", import.meta.url);
const results = new Map<string, readonly string[]>();
let server: TestServer;

beforeAll(async () => {
  server = await startTestServer();
}, 60_000);

afterAll(async () => {
  await server.stop();
}, 120_000);

function toApp({ app, entry }: AppRow): AppSpec {
  const { host, port } = server.superuser;
  const [spec] = parseStack("prod", {
    postgres: { endpoint: { direct: { host, port } }, tls: { mode: "disable" } },
    onepassword: { vault: "Homelab" },
    secrets: { through: "external-secret", store: { name: "onepassword" } },
    gitops: { directory: "../gitops", repoURL: "https://git.example.org/gitops.git" },
    apps: { [app]: parse(`  ${entry}`) as unknown },
  }).apps;
  if (spec === undefined) throw new Error("the stack has no app");
  return spec;
}

/** The Secret that External Secrets makes; `operators.full.test.ts` compares its engine with this. */
function toSecret({ roles: [owner] }: AppSpec, password: string): Readonly<Record<string, string>> {
  const login = { username: owner.name, password };
  return Object.fromEntries(
    [...loginKeys, ...owner.keys].map((key) => [key.name, renderKey(key, login)]),
  );
}

/** What the app connects with: its Secret, and the rest from its own settings. */
function toConnection({ reads }: AppRow, app: AppSpec, secret: Readonly<Record<string, string>>) {
  if ("url" in reads) return { connectionString: secret[reads.url] };
  const { host, port } = server.superuser;
  return {
    host: reads.host === undefined ? host : secret[reads.host],
    port,
    user: reads.user === undefined ? app.roles[0].name : secret[reads.user],
    password: secret[reads.password],
    database: reads.database === undefined ? app.database.name : secret[reads.database],
  };
}

test.each(rows)("$app logs in with the bytes of its Secret", async (row) => {
  const app = toApp(row);
  const words = Object.values(passwords);
  const password = words[rows.indexOf(row) % words.length] ?? "";
  const name = escapeIdentifier(app.roles[0].name);
  const verifier = escapeLiteral(makeVerifier(password, app.roles[0].name));
  await server.superuser.query(`create role ${name} login password ${verifier}`);
  const secret = toSecret(app, password);
  for (const one of eachDatabase(app)) {
    const database = one.database.name;
    await server.superuser.query(`create database ${escapeIdentifier(database)} owner ${name}`);
    const client = new Client(toConnection(row, one, secret));
    await client.connect();
    await client.query("create table proof (id int)");
    const { rows: found } = await client.query(
      "select current_user as role, current_database() as database",
    );
    await client.end();
    expect(found).toEqual([{ role: app.roles[0].name, database }]);
  }
  results.set(row.app, Object.keys(secret));
});

test("none needs more than six lines", () => {
  expect(rows.filter((row) => countLines(row) > 6).map(({ app }) => app)).toEqual([]);
});

test("docs/apps.md has each of them, with the keys of its Secret", () => {
  // Where only some of the rows have run, the page cannot be made.
  if (results.size < rows.length) return;
  const made = toPage();
  if (process.env["BERTH_UPDATE_GOLDEN"] === "true") writeFileSync(page, made);
  expect(
    readFileSync(page, "utf8"),
    "run the file once with BERTH_UPDATE_GOLDEN=true, and read the diff of docs/apps.md",
  ).toBe(made);
});

function countLines({ entry }: AppRow): number {
  return entry.split("\n").length + (entry === "{}" ? 0 : 1);
}

function toPage(): string {
  const entries = rows.map(({ app, entry }) =>
    entry === "{}" ? `  ${app}: {}` : `  ${app}:\n    ${entry.replaceAll("\n", "\n  ")}`,
  );
  return [
    "# Apps, and the login as each reads it",
    "",
    `Each row is an app that people run, with an item of 1Password as they have it. [A test](../test/apps/apps.postgres.test.ts)`,
    "makes the Secret's keys from the entry and logs in with exactly these bytes, with passwords that have every sign of",
    "a URL, quotes, blanks and letters beyond ASCII. It does not start the apps. It also makes this page. With [External Secrets](secrets/external-secrets.md)",
    "the item stays as it is. The keys are explained in [The login in the form the app reads](secrets/keys.md).",
    "",
    `The ${String(rows.filter(({ entry }) => entry.includes("item:")).length)} with an \`item\` are all apps that share a Postgres in [one public home cluster](https://github.com/gavinmcfall/home-ops),`,
    "where each had the superuser's password in its Secret, for an init container. None is left out.",
    "",
    "| app | lines of entry | keys of the Secret | it reads | login |",
    "|---|---|---|---|---|",
    ...rows.map((row) => {
      const keys = (results.get(row.app) ?? []).map((key) => `\`${key}\``).join(", ");
      const read = Object.values(row.reads)
        .map((key) => `\`${key}\``)
        .join(", ");
      return `| ${row.app} | ${String(countLines(row))} | ${keys} | ${read} | logged in |`;
    }),
    "",
    "Their entries:",
    "",
    "```yaml",
    "berth:apps:",
    ...entries,
    "```",
    "",
    "- What an app reads and no key holds, such as the port, stands in its own settings.",
    "- An app that also has other keys in the same Secret gets Berth's Secret beside it ([`envFrom` with two Secrets](secrets/in-the-pod.md)).",
    "- Lidarr, Prowlarr and Radarr were logged in to both of their databases. Their own settings say which is which.",
    "- Gatus reads its file: there the database's `path` is `${GATUS_DATABASE_URL}`.",
    "- Immich and TeslaMate need extensions that the server must have. Berth refuses the entry where they are missing.",
    "",
  ].join("\n");
}
