import { afterEach, beforeEach, expect, test } from "vitest";
import { keysInItem } from "../../../components/config/login-keys.ts";
import { parseStack } from "../../../components/config/parse.ts";
import type { Item } from "../../../components/onepassword/item.ts";
import { readItems } from "../../../components/onepassword/read-items.ts";
import { planItemRequests } from "../../../components/onepassword/stack-items.ts";
import { readThroughClient } from "../../../components/onepassword/through-client.ts";
import { findKeyFields } from "../../../components/onepassword/write/key-fields.ts";
import { writeThroughClient } from "../../../components/onepassword/write/write-login.ts";
import { createItem } from "../../../dev/connect/item-edits.ts";
import { createSampleVault, makeToken } from "../../../dev/connect/sample-vault.ts";
import { type ConnectServer, startConnect } from "../../../dev/connect/server.ts";
import { VaultStore } from "../../../dev/connect/vault-data.ts";
import { writeStack } from "../../fakes/stack.ts";

const old = "kanarie/vogel 1+1";
const ref = { vault: "Coachlight", item: "wiki-db-credentials" };
const token = makeToken();
let server: ConnectServer;
let store: VaultStore;

/** An item of the login, with these fields as well. */
function setItem(more: Readonly<Record<string, string>> = {}): void {
  const [vault] = store.vaults();
  if (vault === undefined) throw new Error("no vault");
  const others = Object.entries(more).map(([label, value]) => ({ label, value }));
  const fields = [
    { label: "username", purpose: "USERNAME" as const, value: "wiki" },
    { label: "password", purpose: "PASSWORD" as const, value: old },
    ...others,
  ];
  const item = { title: ref.item, category: "LOGIN", sections: [], fields };
  store.putItem(createItem(item, vault.id));
}

beforeEach(async () => {
  store = new VaultStore([createSampleVault()]);
  server = await startConnect({ store, token });
});

afterEach(async () => {
  await server.close();
});

const access = () => ({ kind: "connect", url: server.url, token }) as const;
const read = (): Promise<Item> => readThroughClient(access())(ref);
const write = (change: object): Promise<void> =>
  writeThroughClient(access())(ref, { password: "another-made-word", ...change });

function specOf(entry: object) {
  const gitops = { directory: "g", repoURL: "https://git.example.org/g.git" };
  const secrets = { store: { name: "mine" }, vault: { connection: "tools/default" } };
  return parseStack("prod", { ...writeStack({ wiki: entry }), gitops, secrets });
}

const spec = specOf({
  owner: { keys: { DATABASE_URL: "${uri}", DB_HOST: "db", DB_PASS: "${password}" } },
});
const [app] = spec.apps;
if (app === undefined) throw new Error("no app");
const keys = keysInItem(app, app.roles[0]);
const host = "postgres-postgresql.db-postgres.svc.cluster.local:5432";
const toUrl = (password: string) => `postgresql://wiki:${password}@${host}/wiki`;

test("only what the 1Password operator copies must be in the item", () => {
  const through = (way: object) => {
    const [one] = specOf({ owner: { keys: "cnpg" }, ...way }).apps;
    return one === undefined ? [] : keysInItem(one, one.roles[0]).map(({ name }) => name);
  };
  const cnpg = ["dbname", "host", "jdbc-uri", "password", "pgpass", "port", "uri", "user"];
  expect(through({})).toEqual(cnpg.filter((name) => name !== "password"));
  expect(through({ secretsThrough: "external-secret" })).toEqual([]);
  expect(through({ credentials: "vault", vault: { restart: [] } })).toEqual([]);
  const none = { ...app, delivery: "none" as const };
  expect(keysInItem(none, none.roles[0])).toEqual([]);
});

test("keys that the item lacks or has otherwise are named, without their values", async () => {
  setItem({ DATABASE_URL: toUrl("kanarie-vogel"), DB_HOST: "db" });
  const requests = planItemRequests(spec).filter(({ wantedBy }) => wantedBy === "app wiki");
  const failure = await readItems(requests, read).catch((error: unknown) => String(error));
  expect(failure).toContain(
    'app wiki: vault "Coachlight", item "wiki-db-credentials": the 1Password operator copies fields and makes none, so the keys of the Secret must be fields of the item; missing: DB_PASS; with another value than the login gives: DATABASE_URL\n' +
      "    fix: npm run rotate -- wiki --stack prod --keys writes them and leaves the password; " +
      "where Berth may not write items, set berth:apps.wiki.secretsThrough to external-secret",
  );
  expect(failure).not.toContain("vogel");
  expect(findKeyFields(keys, await read(), app.roles[0])).toEqual({
    missing: ["DB_PASS"],
    wrong: ["DATABASE_URL"],
  });
});

test("one edit writes the keys and leaves the login, and a second one changes nothing", async () => {
  setItem({ "API key": "other" });
  await write({ password: { keep: true }, keys });
  const item = await read();
  expect(findKeyFields(keys, item, app.roles[0])).toEqual({ missing: [], wrong: [] });
  expect(item.revealField("password")).toBe(old);
  expect(item.revealField("API key")).toBe("other");
  expect(item.revealField("DATABASE_URL")).toBe(toUrl("kanarie%2Fvogel%201%2B1"));
  expect(item.sectionsOf("DB_PASS")).toEqual(["berth"]);
  expect(server.requests.filter(({ method }) => method !== "GET")).toHaveLength(1);
  await write({ password: { keep: true }, keys });
  expect((await read()).labels).toEqual(item.labels);
});

test("a new password is in the keys with the same edit, also as a copy that is not a URL", async () => {
  setItem({ DATABASE_URL: toUrl("kanarie%2Fvogel%201%2B1"), DB_PASS: old });
  await write({ username: "wiki_b", password: "a/new+word", keys });
  const item = await read();
  expect(item.revealField("DB_PASS")).toBe("a/new+word");
  expect(item.revealField("DATABASE_URL")).toBe(`postgresql://wiki_b:a%2Fnew%2Bword@${host}/wiki`);
  expect(findKeyFields(keys, item, app.roles[0])).toEqual({ missing: [], wrong: [] });
});

test("a field that somebody else made is not overwritten, and then nothing is", async () => {
  setItem({ DB_HOST: "their own" });
  await expect(write({ keys })).rejects.toThrow(
    'its field "DB_HOST" was not made by Berth and has another value than the key of that name; remove the field, or name the key in another way',
  );
  const item = await read();
  expect(item.revealField("DB_HOST")).toBe("their own");
  expect(item.revealField("password")).toBe(old);
  expect(item.labels).toEqual(["username", "password", "DB_HOST"]);
});

test("a key that has changed in the stack file changes in Berth's own field", async () => {
  setItem();
  await write({ password: { keep: true }, keys });
  const [other] = specOf({ owner: { keys: { DB_HOST: "db2" } } }).apps;
  if (other === undefined) throw new Error("no app");
  await write({ password: { keep: true }, keys: keysInItem(other, other.roles[0]) });
  expect((await read()).revealField("DB_HOST")).toBe("db2");
});
