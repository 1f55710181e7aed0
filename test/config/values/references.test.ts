import { describe, expect, test } from "vitest";
import { parseStack } from "../../../components/config/parse.ts";
import { fillValues } from "../../../components/config/rules/manifests/values.ts";
import { findMissingKeys } from "../../../components/config/values/references.ts";
import { findProblems, writeStack } from "../../fakes/stack.ts";

const keys = ["username", "password", "uri", "DATABASE_URL"];
const contents = new Map([
  ["wiki-db", { keys, isComplete: true }],
  ["open", { keys: ["password"], isComplete: false }],
]);

const lacks = (key: string) => `Secret "wiki-db" has no key "${key}"`;

describe("a key that a Secret lacks is found", () => {
  test.each<[string, object, string, string]>([
    [
      "in the environment of a pod",
      { env: [{ name: "A", valueFrom: { secretKeyRef: { name: "wiki-db", key: "url" } } }] },
      "env[0].valueFrom.secretKeyRef.key",
      "url",
    ],
    ["by name and key", { db: { name: "wiki-db", key: "dsn" } }, "db.key", "dsn"],
    [
      "as charts name it",
      { existingSecretName: "wiki-db", existingSecretKey: "pass" },
      "existingSecretKey",
      "pass",
    ],
    [
      "with keys for user and password",
      { existingSecret: { secretName: "wiki-db", usernameKey: "username", passwordKey: "pw" } },
      "existingSecret.passwordKey",
      "pw",
    ],
    [
      "in a volume",
      { volumes: [{ secret: { secretName: "wiki-db", items: [{ key: "ca", path: "x" }] } }] },
      "volumes[0].secret.items[0].key",
      "ca",
    ],
    [
      "in a projected volume",
      { sources: [{ secret: { name: "wiki-db", items: [{ key: "k", path: "x" }] } }] },
      "sources[0].secret.items[0].key",
      "k",
    ],
  ])("%s", (_, values, at, key) => {
    const problems = findMissingKeys(values as Record<string, unknown>, contents);
    const what: unknown = expect.stringContaining(`${at}: ${lacks(key)}; it has username, `);
    expect(problems).toEqual([{ at, what }]);
  });
});

test.each<[string, object]>([
  ["a key that is there", { name: "wiki-db", key: "uri" }],
  ["another Secret", { name: "other", key: "nothing" }],
  ["a Secret whose item may have more", { name: "open", key: "nothing" }],
  ["one that may be missing", { name: "wiki-db", key: "x", optional: true }],
  ["a Secret alone", { existingSecret: "wiki-db" }],
  ["a secret in clear beside it", { existingSecret: "wiki-db", secretKey: "clear", apiKey: "z" }],
  ["two Secrets at one place", { existingSecret: "wiki-db", smtpSecret: "s", passwordKey: "x" }],
  ["no key yet", { existingSecret: "wiki-db", passwordKey: "" }],
])("is left alone: %s", (_, values) => {
  expect(findMissingKeys(values as Record<string, unknown>, contents)).toEqual([]);
});

test.each([
  ["database_url", "DATABASE_URL"],
  ["usernam", "username"],
  ["pasword", "password"],
  ["passwrod", "password"],
  ["urx", "uri"],
])("%s: the key that was meant", (key, meant) => {
  const [problem] = findMissingKeys({ name: "wiki-db", key }, contents);
  expect(problem?.what).toContain(`; did you mean "${meant}"?`);
});

test("a key like no other gets no guess", () => {
  const [problem] = findMissingKeys({ name: "wiki-db", key: "host" }, contents);
  expect(problem?.what).toBe(`key: ${lacks("host")}; it has ${keys.join(", ")}`);
});

const helm = (values: object) => ({
  workload: { helm: { repoURL: "r", chart: "c", version: "1", values } },
});
const secrets = { through: "external-secret", store: { name: "mine" } };
const at = "berth:apps.wiki.workload.helm.values";

function problemsOf(entry: object, values: object, more: object = { secrets }): readonly string[] {
  return findProblems({ ...writeStack({ wiki: { ...entry, ...helm(values) } }), ...more });
}

describe("in a stack file", () => {
  const owner = { secret: "wiki-db", keys: { url: "${uri}" } };

  test("a reference by placeholder is checked as well, without 1Password", () => {
    const values = { db: { name: "${secret}", key: "ulr" }, ok: { name: "wiki-db", key: "url" } };
    expect(problemsOf({ owner }, values)).toEqual([
      `${at}.db.key: Secret "wiki-db" has no key "ulr"; it has username, password, url`,
    ]);
  });

  test("further Secrets and roles are known by what they bring", () => {
    const roles = { ro: { profile: "readonly", secret: "ro" } };
    const more = { cfg: ["API Token"], mail: { keys: { PASS: "pw" } }, all: [] };
    const values = Object.entries({ ro: "uri", cfg: "API Token", mail: "pw", all: "any" });
    const refs = values.map(([name, key]) => ({ name, key }));
    expect(problemsOf({ roles, secrets: more }, { refs })).toEqual([
      expect.stringContaining(
        'refs[0].key: Secret "ro" has no key "uri"; it has username, password',
      ),
      expect.stringContaining('refs[1].key: Secret "cfg" has no key "API Token"; it has API-Token'),
      expect.stringContaining('refs[2].key: Secret "mail" has no key "pw"; it has PASS'),
    ]);
  });

  test("what the 1Password operator brings is known once the item is read", () => {
    const values = { db: { name: "${secret}", key: "url" } };
    expect(problemsOf({}, values, {})).toEqual([]);
    const spec = parseStack("prod", writeStack({ wiki: helm(values) }));
    const [app] = spec.apps;
    if (app === undefined) throw new Error("no app");
    const what =
      'db.key: Secret "wiki-db-credentials" has no key "url"; it has username, password, my-url';
    expect(fillValues(spec, app, () => ["username", "password", "my url"]).problems).toEqual([
      { at: "db.key", what },
    ]);
    expect(fillValues(spec, app, () => ["username", "password", "url"]).problems).toEqual([]);
  });

  test("placeholders name keys and further roles, and how pods reach the server", () => {
    const roles = {
      ro: { profile: "readonly", keys: { dsn: "${uri}" }, item: { password: "RO" } },
    };
    const values = {
      a: "${secret.url}",
      b: "${roles.ro.role} ${roles.ro.secret} ${roles.ro.secret.dsn}",
      c: ["${secret.password}", "${roles.ro.secret.password}"],
      d: "${port:text}",
      e: "${sslmode}",
    };
    const raw = writeStack({ wiki: { owner, roles, ...helm(values) } });
    const filled = (more: object) => {
      const spec = parseStack("prod", { ...raw, ...more });
      return spec.apps.map((app) => fillValues(spec, app, () => undefined).values)[0];
    };
    expect(filled({ secrets })).toEqual({
      a: "url",
      b: "wiki_ro wiki-ro-db-credentials dsn",
      c: ["password", "password"],
      d: "5432",
      e: "verify-full",
    });
    // The 1Password operator keeps the item's label.
    expect(filled({})).toMatchObject({ c: ["password", "RO"] });
  });

  test.each([
    ["${secret.uri}", 'Secret "wiki-db" has no key "uri"; it has username, password, url'],
    [
      "${roles.rw.secret}",
      "unknown placeholder ${roles.rw.secret}; allowed are ${role}, ${secret}, ",
    ],
    ["${sslrootcert}", "unknown placeholder ${sslrootcert}"],
    ["${password}", "unknown placeholder ${password}"],
  ])("%s is refused", (text, problem) => {
    expect(problemsOf({ owner }, { a: text })).toEqual([
      expect.stringContaining(`${at}.a: ${problem}`),
    ]);
  });

  test("a number with too many digits is refused before it arrives as another", () => {
    expect(problemsOf({}, { guild: [112233445566778899], port: 9007199254740991, x: 1.5 })).toEqual(
      [
        `${at}.guild[0]: a number with too many digits: the chart would get another number`,
        "    fix: put it in quotes",
      ],
    );
  });
});
