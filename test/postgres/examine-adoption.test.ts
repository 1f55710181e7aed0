import { afterAll, beforeAll, expect, test } from "vitest";
import { Credential } from "../../components/onepassword/credential.ts";
import { examineServer } from "../../components/postgres/examine.ts";
import { planDatabase } from "../../components/postgres/plan.ts";
import { makeVerifier, scramOf } from "../../components/postgres/verifier.ts";
import { openEndpoint } from "../../components/tunnel/endpoint.ts";
import { makeSpec } from "../fakes/stack.ts";
import { DatabaseBed, rolePassword } from "../provider/database-bed.ts";

/** What the program tells of an app with stock resources before it takes over what is there. */

let bed: DatabaseBed;

beforeAll(async () => {
  bed = await DatabaseBed.open({ isSuperuser: true });
  await bed.sql(`create role wiki login password '${rolePassword("wiki")}'`);
  await bed.sql(`create role wiki_ro login password '${rolePassword("wiki_ro")}'`);
  await bed.sql("create database wiki owner wiki");
  await bed.sql(
    "create table page (id int); alter table page owner to wiki; grant select, delete on page to wiki_ro",
    "wiki",
  );
});

afterAll(async () => {
  await bed.close();
});

test("passwords that stay are not told, and what is given and taken inside the database is", async () => {
  const verifiers = await bed.sql<{ rolname: string; rolpassword: string }>(
    "select rolname, rolpassword from pg_authid where rolname like 'wiki%'",
  );
  const scram = scramOf(verifiers.find(({ rolname }) => rolname === "wiki")?.rolpassword ?? "");
  const { postgres } = bed.config() as unknown as {
    postgres: { systemIdentifier: string; endpoint: { host: string; port: number } };
  };
  const { host, port } = postgres.endpoint;
  const entry = { adopt: true, owner: { scram }, roles: { ro: { profile: "readonly" } } };
  const spec = makeSpec(
    { wiki: entry },
    { systemIdentifier: postgres.systemIdentifier, tls: { mode: "disable" } },
  );
  const plans = spec.apps.map((app) => planDatabase(app, spec.postgres));
  const endpoint = await openEndpoint({ kind: "direct", host, port }, spec.postgres.tls);
  const { warnings } = await examineServer(spec, plans, {
    target: { endpoint, tls: undefined, database: "postgres" },
    admin: new Credential("postgres", bed.superuser.password),
    isPreview: true,
    verifierOf: (_, key) =>
      key === "owner"
        ? makeVerifier(rolePassword("wiki"), "wiki", scram)
        : makeVerifier(rolePassword("wiki_ro"), "wiki_ro"),
  });
  await endpoint.close();
  expect(warnings).toEqual([
    'adopting: app wiki: role "wiki": it becomes a member of "berth_prod"',
    'adopting: app wiki: role "wiki_ro": its password becomes the one in 1Password',
    'adopting: app wiki: role "wiki_ro": it becomes a member of "berth_prod"',
    expect.stringContaining("role wiki_ro gets CONNECT on database wiki"),
    expect.stringContaining("on every table that wiki will make in public"),
    expect.stringContaining("on every sequence that wiki will make in public"),
    expect.stringContaining("role wiki_ro gets USAGE on schema public"),
    expect.stringContaining("role wiki_ro loses DELETE on table public.page"),
  ]);
});
