import { expect, test } from "vitest";
import { parse } from "yaml";
import { parseStack } from "../../components/config/parse.ts";
import { findEntryProblems, findProblems, type Written, writeStack } from "../fakes/stack.ts";

function findPostgresProblems(postgres: Written): readonly string[] {
  return findProblems(writeStack({}, postgres));
}

test("the shortest stack file and the shortest entry are enough", () => {
  expect(findProblems(writeStack({}))).toEqual([]);
  expect(findProblems(writeStack({ netbox: null, wiki: {} }))).toEqual([]);
});

test("fails with every mistake of a file at once, each with its key path", () => {
  const raw = { postgres: { endpoint: {}, reserved: "paperless" }, extra: 1, apps: { Netbox: {} } };
  expect(() => parseStack("prod", raw, "Pulumi.prod.yaml")).toThrow(
    [
      "stack prod: the stack file Pulumi.prod.yaml is not usable: 5 problems",
      "  - berth:postgres.endpoint: {} give either `kubernetes` (a port-forward) or `direct` (host and port)",
      '  - berth:postgres.reserved: got "paperless"; expected array',
      "  - berth:onepassword: missing; expected object\n    fix: add berth:onepassword: { vault: ‹vault› }",
      '  - berth:apps.Netbox: the name "Netbox" is not an app name; allowed are a-z, 0-9 and - inside, starting with a letter',
      '  - config: unknown key "berth:extra"; allowed are berth:stack, berth:postgres, berth:onepassword, berth:gitops, berth:cluster, berth:argocd, berth:metadata, berth:secrets, berth:charts, berth:apps',
    ].join("\n"),
  );
});

test("fails with a mistake in one entry and with what others say together, all at once", () => {
  const apps = { shop: { databse: {} }, paperless: null, a: null, b: { owner: { name: "a" } } };
  expect(findProblems(writeStack(apps))).toEqual([
    expect.stringContaining('berth:apps.shop: unknown key "databse"'),
    expect.stringContaining('berth:apps.paperless.database.name: "paperless" is reserved'),
    expect.stringContaining('berth:apps.paperless.owner.name: "paperless" is reserved'),
    expect.stringContaining('the role "a" is used 2 times'),
  ]);
});

test("fails on __proto__ as a name, which would be passed over", () => {
  const apps = JSON.parse('{"__proto__": {}, "wiki": {"roles": {"__proto__": {}}}}') as Written;
  expect(findProblems(writeStack(apps))).toEqual([
    'berth:apps.__proto__: the name "__proto__" is not allowed',
    'berth:apps.wiki.roles.__proto__: the name "__proto__" is not allowed',
  ]);
});

test("draws no conclusions about apps from a section that has a mistake", () => {
  const apps = { shop: { databse: {} }, paperless: null };
  expect(findProblems({ ...writeStack(apps), gitpos: {} })).toEqual([
    expect.stringContaining('berth:apps.shop: unknown key "databse"'),
    expect.stringContaining('config: unknown key "berth:gitpos"'),
  ]);
});

test("fails on a system identifier without quotes, and shows no digits that the file does not have", () => {
  const file = "systemIdentifier: 7412345678901234567";
  expect(findPostgresProblems(parse(file) as Written)).toEqual([
    "berth:postgres.systemIdentifier: got a number with too many digits; expected string",
    "    fix: put it in quotes",
  ]);
});

test.each([
  ["nothing", undefined, "config: missing; expected object"],
  ["a text", "netbox", 'config: got "netbox"; expected object'],
  ["a list of apps", writeStack([]), "berth:apps: got []; expected object"],
  ["a text for an app", writeStack({ a: "x" }), 'berth:apps.a: got "x"; expected object'],
])("fails on a stack file that is %s", (_, raw, problem) => {
  expect(findProblems(raw)[0]).toEqual(problem);
});

test.each<[string, unknown, string]>([
  [
    "an entry",
    { databse: {} },
    '…: unknown key "databse"; did you mean "database"? allowed are adopt, provisioner, reclaimPolicy, delivery, secretsThrough, namespace, owner, roles, database, secrets, credentials, vault, certificate, workload, argocd, metadata',
  ],
  [
    "an owner",
    { owner: { profile: "owner" } },
    '….owner: unknown key "profile"; allowed are name, item, secret, namespace, keys, type, refreshInterval, creationPolicy, deletionPolicy, connectionLimit, memberOf, settings, searchPath, replication, generate, restart, autoRestart, scram, login, rotation, logins',
  ],
  [
    "a role",
    { roles: { admin: { profile: "readonly", pofile: "" } } },
    '….roles.admin: unknown key "pofile"; did you mean "profile"? allowed are name, item, secret, namespace, keys, type, refreshInterval, creationPolicy, deletionPolicy, connectionLimit, memberOf, settings, searchPath, replication, generate, restart, autoRestart, scram, login, profile, privileges, except, reads',
  ],
  [
    "a database",
    { database: { owner: "x" } },
    '….database: unknown key "owner"; allowed are name, names, encoding, template, locale, collate, ctype, icuLocale, connectionLimit, revokePublic, settings, recreate, schemas, extensions, publications, guests',
  ],
  [
    "a Secret",
    { secrets: { token: { feilds: [] } } },
    '….secrets.token: unknown key "feilds"; did you mean "fields"? allowed are from, item, mount, path, fields, generate, files, keys, find, rewrite, type, refreshInterval, creationPolicy, deletionPolicy, namespace',
  ],
  [
    "a chart",
    { workload: { helm: { repoURL: "r", chart: "c", version: "1", value: {} } } },
    '….workload.helm: unknown key "value"; did you mean "values"? allowed are repoURL, chart, version, preset, values, releaseName, valueFiles, ignoreMissingValueFiles, refs',
  ],
])("fails on an unknown key of %s, and lists the allowed ones", (_, entry, problem) => {
  expect(findEntryProblems(entry)).toEqual([problem]);
});

test.each<[string, unknown, string]>([
  ["a text for a flag", { adopt: "yes" }, '….adopt: got "yes"; expected boolean'],
  [
    "a profile that does not exist",
    { roles: { admin: { profile: "admin" } } },
    '….roles.admin.profile: got "admin"; allowed are readwrite, readonly',
  ],
  [
    "neither profile nor privileges",
    { roles: { admin: {} } },
    "….roles.admin: {} give a `profile` (readwrite, readonly), `privileges`, or both",
  ],
  [
    "a role called owner",
    { roles: { owner: { profile: "readonly" } } },
    '….roles.owner: the name "owner" is reserved: "owner" is the app\'s owner role',
  ],
  [
    "a connection limit of 0, which would lock the role out",
    { owner: { connectionLimit: 0 } },
    "….owner.connectionLimit: 0 allowed are -1 (no limit) and 1 to 2147483647",
  ],
  [
    "an encoding in libc's spelling",
    { database: { encoding: "utf-8" } },
    '….database.encoding: "utf-8" is not an encoding; write it as UTF8',
  ],
  [
    "an item with a slash",
    { owner: { item: "db/netbox" } },
    '….owner.item: "db/netbox" has a "/"; use the 26-character id instead',
  ],
  [
    "a workload of two kinds",
    {
      workload: { git: { path: "p" }, helm: { repoURL: "r", chart: "c", version: "1" } },
    },
    '….workload: {"helm":{"repoURL":"r","chart":"c","version":"1"},"git":{"path":"p"}} give either `helm` or `git`',
  ],
  [
    "a number for a Secret",
    { secrets: { token: 5 } },
    "….secrets.token: got 5; expected array, received number, or: expected object, received number",
  ],
  [
    "a truth value for a field of a Secret",
    { secrets: { token: { fields: [true] } } },
    "….secrets.token.fields.0: got true; expected string",
  ],
])("fails on %s in an entry", (_, entry, problem) => {
  expect(findEntryProblems(entry)).toEqual([problem]);
});

test.each<[string, Written, string]>([
  [
    "a Service and a Pod",
    { endpoint: { kubernetes: { namespace: "n", service: "s", pod: "p" } } },
    'berth:postgres.endpoint.kubernetes: {"namespace":"n","service":"s","pod":"p"} give one of `service`, `pod` and `selector`',
  ],
  [
    "a port out of range",
    { endpoint: { direct: { host: "h", port: 65536 } } },
    "berth:postgres.endpoint.direct.port: 65536 Too big: expected number to be <=65535",
  ],
  [
    "a TLS mode that checks nothing",
    { tls: { mode: "prefer" } },
    'berth:postgres.tls.mode: got "prefer"; allowed are disable, require, verify-ca, verify-full',
  ],
])("fails on %s under postgres", (_, postgres, problem) => {
  expect(findPostgresProblems(postgres)).toEqual([problem]);
});
