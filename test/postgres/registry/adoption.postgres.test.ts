import { afterAll, beforeAll, expect, test } from "vitest";
import { BerthError } from "../../../components/errors.ts";
import { Credential } from "../../../components/onepassword/credential.ts";
import { planDatabase } from "../../../components/postgres/plan/plan.ts";
import { decideRegistry } from "../../../components/postgres/registry/decide.ts";
import { inspectRegistryServer } from "../../../components/postgres/registry/inspect.ts";
import { makeVerifier, scramOf } from "../../../components/postgres/verifier.ts";
import { openEndpoint } from "../../../components/tunnel/endpoint.ts";
import { makeSpec } from "../../fakes/stack.ts";
import { DatabaseBed, rolePassword } from "../../provider/app-database/bed.ts";

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

/** What is found out for a stack with one app, whose owner's verifier has this salt. */
async function decide(
  name: string,
  entry: object,
  scram?: string,
  admin = new Credential("postgres", bed.superuser.password),
) {
  const { postgres } = bed.config() as unknown as {
    postgres: { systemIdentifier: string; endpoint: { host: string; port: number } };
  };
  const { host, port } = postgres.endpoint;
  const spec = makeSpec(
    { [name]: entry },
    { systemIdentifier: postgres.systemIdentifier, tls: { mode: "disable" } },
  );
  const plans = spec.apps.map((app) => planDatabase(app, spec.postgres));
  const endpoint = await openEndpoint({ kind: "direct", host, port }, spec.postgres.tls);
  try {
    const target = { endpoint, tls: undefined, database: "postgres" };
    const facts = await inspectRegistryServer(spec, plans, { target, admin });
    const verifiers = plans.flatMap((plan) =>
      plan.roles.map(({ key, name: role }): [string, string] => [
        key,
        makeVerifier(rolePassword(role), role, key === "owner" ? scram : undefined),
      ]),
    );
    const context = { isPreview: true, verifiers: new Map([[name, new Map(verifiers)]]) };
    return decideRegistry(spec, plans, facts, context);
  } finally {
    await endpoint.close();
  }
}

test("passwords that stay are not told, and what is given and taken inside the database is", async () => {
  const verifiers = await bed.sql<{ rolname: string; rolpassword: string }>(
    "select rolname, rolpassword from pg_authid where rolname like 'wiki%'",
  );
  const scram = scramOf(verifiers.find(({ rolname }) => rolname === "wiki")?.rolpassword ?? "");
  const entry = { adopt: true, owner: { scram }, roles: { ro: { profile: "readonly" } } };
  const { warnings } = await decide("wiki", entry, scram);
  expect(warnings).toEqual([
    'adopting: app wiki: role "wiki": it becomes a member of "berth_prod"',
    'adopting: app wiki: role "wiki_ro": its password becomes the one in 1Password',
    'adopting: app wiki: role "wiki_ro": it becomes a member of "berth_prod"',
    expect.stringContaining("role wiki_ro gets CONNECT on database wiki"),
    expect.stringContaining("on every table that wiki will create in public"),
    expect.stringContaining("on every sequence that wiki will create in public"),
    expect.stringContaining("role wiki_ro gets USAGE on schema public"),
    expect.stringContaining("role wiki_ro loses DELETE on table public.page"),
  ]);
});

test("what the registry's resources cannot keep is refused, each with its fix", async () => {
  await bed.sql("create role readers nologin");
  await bed.sql("create role odd login; create role odd_ro login; create role stranger");
  await bed.sql("grant readers to odd with admin option");
  await bed.sql("alter role odd set statement_timeout = '5min'");
  await bed.sql('alter role odd set search_path = "Archive, old", public');
  await bed.sql("create database odd owner odd");
  await bed.sql(
    `create table page (id int, note text); alter table page owner to odd;
     create table theirs (id int); alter table theirs owner to stranger;
     grant select (note) on page to odd_ro; grant select on page to odd_ro with grant option;
     grant connect on database odd to odd_ro with grant option;
     grant update on theirs to odd_ro with grant option`,
    "odd",
  );
  const entry = {
    adopt: true,
    owner: { memberOf: ["readers"], searchPath: ["Archive, old", "public"] },
    roles: { ro: { profile: "readonly" } },
  };
  const refused = await decide("odd", entry).catch((error: unknown) => error);
  expect(refused).toBeInstanceOf(BerthError);
  const { problems } = refused as BerthError;
  const fix = "set berth:apps.odd.provisioner to berth, which leaves that as it is";
  expect(problems.map(({ what }) => what)).toEqual([
    'role "odd" is a member of "readers" with options (ADMIN, INHERIT, SET) that provisioner postgresql would put back to their defaults',
    'role "odd" has statement_timeout=5min, which provisioner postgresql can only read in milliseconds',
    'role "odd" has "Archive, old" in its search_path, which provisioner postgresql cannot write',
    'role "odd_ro" has privileges on the column public.page.note, which provisioner postgresql would take away',
    'role "odd_ro" may pass on its privileges on database odd, which provisioner postgresql would take away',
    'role "odd_ro" may pass on its privileges on table public.page, which provisioner postgresql would take away',
    'role "odd_ro" may pass on its privileges on table public.theirs, which provisioner postgresql would take away',
    "provisioner postgresql gives the app's roles their privileges on what others own as well: public.theirs (stranger)",
  ]);
  expect(new Set(problems.map((problem) => `${problem.app ?? ""}: ${problem.fix ?? ""}`))).toEqual(
    new Set([`odd: ${fix}`]),
  );
});

test("what they leave alone is no reason: other roles' privileges, and an owner by itself", async () => {
  await bed.sql("alter role odd reset statement_timeout");
  await bed.sql("alter role odd reset search_path");
  await bed.sql("revoke admin option for readers from odd");
  const { warnings } = await decide("odd", { adopt: true, owner: { memberOf: ["readers"] } });
  expect(warnings).toEqual([
    'adopting: app odd: role "odd": its password becomes the one in 1Password',
    'adopting: app odd: role "odd": it becomes a member of "berth_prod"',
    'adopting: app odd: role "odd": its membership in "readers" is granted anew, by "postgres"',
  ]);
});

test("nor is a group that the admin may not give to anybody", async () => {
  await bed.sql("create role limited login createrole createdb password 'only-for-this-test'");
  await bed.sql("grant odd to limited with admin true, inherit true, set true");
  const admin = new Credential("limited", "only-for-this-test");
  const entry = { adopt: true, owner: { memberOf: ["readers"] } };
  await expect(decide("odd", entry, undefined, admin)).rejects.toThrow(
    /app odd: role "odd" is a member of "readers", which .* the admin may not\n +fix: set berth:apps\.odd\.provisioner to berth/,
  );
});

test("an app that Berth's own provider has taken over is looked at again when it changes over", async () => {
  await bed.sql("create role berth_prod nologin");
  await bed.sql("grant berth_prod to odd");
  const entry = { adopt: true, owner: { memberOf: ["readers"] } };
  expect((await decide("odd", entry)).warnings).toEqual([]);
  await bed.sql("grant readers to odd with admin option");
  await expect(decide("odd", entry)).rejects.toThrow(/app odd: role "odd" .* with options/);
});
