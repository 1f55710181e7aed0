import { expect, test } from "vitest";
import { describeKeys, toReport } from "../../../cli/report/app-report.ts";
import { parseStack } from "../../../components/config/parse.ts";
import { external, write } from "../../secrets/external-stack.ts";

/** The keys of each Secret, as far as the stack file says them. */

function keysOf(entry: object, secrets: object = external): Readonly<Record<string, string>> {
  const spec = parseStack("prod", write(entry, secrets));
  const [app] = spec.apps;
  if (app === undefined) throw new Error("no app");
  return Object.fromEntries(
    toReport(app, spec).secrets.map((one) => [one.secret, describeKeys(one)]),
  );
}

test("External Secrets gives a Secret the keys that the entry names, and no others", () => {
  const entry = {
    owner: { keys: { DATABASE_URL: "${uri}" } },
    roles: { ro: { profile: "readonly" } },
    secrets: { named: { keys: { A: "a" } }, all: [], found: { find: "^X" } },
  };
  expect(keysOf(entry)).toEqual({
    "radarr-db-credentials": "DATABASE_URL, password, username",
    "radarr-ro-db-credentials": "password, username",
    named: "A",
    all: "…",
    found: "…",
  });
});

test("the 1Password operator copies what else the item has", () => {
  const owner = { item: { title: "radarr", password: "DB PASS" } };
  expect(keysOf({ owner, secrets: { mail: ["API Token"] } }, {})).toEqual({
    radarr: "DB-PASS, …",
    mail: "API-Token, …",
  });
});

test("Vault brings what is named, or all that the path has", () => {
  const secrets = { a: { from: "vault", fields: ["x"] }, b: { from: "vault" } };
  const vault = { restart: ["Deployment/radarr"] };
  const entry = { credentials: "vault", vault, secrets };
  expect(keysOf(entry, { vault: { connection: "a/b" } })).toEqual({
    "radarr-db-credentials": "password, username",
    a: "x",
    b: "…",
  });
});
