import { expect, test } from "vitest";
import { renderKey } from "../../../components/config/keys/render.ts";
import { parseStack } from "../../../components/config/parse.ts";
import { findProblems, makeApp, makeSpec, writeStack } from "../../fakes/stack.ts";

const login = { username: "netbox", password: "word" };

function keysOf(entry: unknown): Readonly<Record<string, string>> {
  const [owner] = makeApp(entry).roles;
  return Object.fromEntries(owner.keys.map((key) => [key.name, renderKey(key, login)]));
}

const host = "postgres-postgresql.db-postgres.svc.cluster.local";
const uri = `postgresql://netbox:word@${host}:5432/netbox`;
const cnpg = {
  dbname: "netbox",
  host,
  port: "5432",
  user: "netbox",
  uri,
  "jdbc-uri": `jdbc:postgresql://${host}:5432/netbox?password=word&user=netbox`,
  pgpass: `${host}:5432:netbox:netbox:word`,
};

test("a role has no keys but its login's unless it asks for some", () => {
  expect(keysOf(null)).toEqual({});
  expect(keysOf({ owner: { keys: "cnpg" } })).toEqual(cnpg);
  expect(keysOf({ owner: { keys: { DATABASE_URL: "${uri}?sslmode=require" } } })).toEqual({
    DATABASE_URL: `${uri}?sslmode=require`,
  });
  expect(keysOf({ owner: { keys: ["cnpg", { host: "db", PGUSER: "${user}" }] } })).toEqual({
    ...cnpg,
    host: "db",
    PGUSER: "netbox",
  });
});

test("keys of the stack are for roles without keys of their own", () => {
  const roles = { ro: { profile: "readonly" }, rw: { profile: "readwrite", keys: {} } };
  const raw = writeStack({ netbox: { roles }, wiki: { owner: { keys: { A: "a" } } } });
  const spec = parseStack("prod", { ...raw, secrets: { keys: { B: "${database}" } } });
  expect(spec.apps.flatMap((app) => app.roles.map((role) => role.keys))).toEqual([
    [{ name: "B", parts: ["netbox"] }],
    [{ name: "B", parts: ["netbox"] }],
    [],
    [{ name: "A", parts: ["a"] }],
  ]);
});

test("how pods reach the server is in the keys", () => {
  const service = { host: "pg", port: 6432, sslmode: "require", sslrootcert: "/ca.crt" };
  const [app] = makeSpec(
    { a: { owner: { keys: { A: "${host} ${port} ${sslmode} ${sslrootcert}" } } } },
    { service },
  ).apps;
  expect(app?.roles[0].keys).toEqual([{ name: "A", parts: ["pg 6432 require /ca.crt"] }]);
});

const at = "berth:apps.netbox.owner.keys";

test.each([
  ["another preset", "bitnami", `${at}: got "bitnami"; `],
  ["an unknown placeholder", { A: "${nothing}" }, `${at}.A: "\${nothing}" unknown placeholder`],
  ["one in a list", ["cnpg", { A: "${x}" }], `${at}.1.A: "\${x}" unknown placeholder \${x}`],
  ["a name that no Secret can have", { "a b": "x" }, `${at}.a b: "a b" is not a key of a Sec`],
  ["an empty value", { A: "" }, `${at}.A: "" is empty`],
  [
    "another password",
    { password: "${user}" },
    `${at}.password: "\${user}" is the login's own key`,
  ],
  ["no CA", { A: "${sslrootcert}" }, `${at}.A: \${sslrootcert} needs berth:postgres.service.ssl`],
])("is refused: %s", (_, keys, problem) => {
  expect(findProblems(writeStack({ netbox: { owner: { keys } } }))).toEqual([
    expect.stringContaining(problem),
  ]);
});

test("a CA that the stack file lacks is named where it is used, in roles and for the stack", () => {
  const roles = { ro: { profile: "readonly", keys: { A: "${sslrootcert}" } } };
  const raw = { ...writeStack({ a: { roles } }), secrets: { keys: { B: "${sslrootcert:url}" } } };
  expect(findProblems(raw)).toEqual([
    expect.stringContaining("berth:secrets.keys.B: "),
    expect.stringContaining("berth:apps.a.roles.ro.keys.A: "),
  ]);
});
