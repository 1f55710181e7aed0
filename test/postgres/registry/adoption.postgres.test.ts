import { beforeAll, expect, test } from "vitest";
import { BerthError } from "../../../components/errors.ts";
import { Credential } from "../../../components/onepassword/credential.ts";
import { planDatabase } from "../../../components/postgres/plan/plan.ts";
import { decideRegistry } from "../../../components/postgres/registry/decide.ts";
import { inspectRegistryServer } from "../../../components/postgres/registry/inspect.ts";
import { makeVerifier, scramOf } from "../../../components/postgres/verifier.ts";
import { openEndpoint } from "../../../components/tunnel/endpoint.ts";
import { makeSpec } from "../../fakes/stack.ts";
import { rolePassword } from "../../provider/app-database/bed.ts";
import { useBed } from "../../provider/app-database/use-bed.ts";

/** What the program says of an app with the registry's resources before it adopts what is there. */

const bed = useBed({ isSuperuser: true });

beforeAll(async () => {
  await bed.sql(`create role wiki login password '${rolePassword("wiki")}'`);
  await bed.sql(`create role wiki_ro login password '${rolePassword("wiki_ro")}'`);
  await bed.sql("create database wiki owner wiki");
  await bed.sql(
    "create table page (id int); alter table page owner to wiki; grant select, delete on page to wiki_ro",
    "wiki",
  );
});

/** A database and its owner, which is a member of a group. */
async function makeByHand(app: string): Promise<void> {
  await bed.sql(`create role ${app} login; create role ${app}_group`);
  await bed.sql(`grant ${app}_group to ${app}`);
  await bed.sql(`create database ${app} owner ${app}`);
}

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

test("says nothing of passwords that stay, and what is given and taken inside the database", async () => {
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
  await makeByHand("odd");
  await bed.sql("create role odd_ro login; create role stranger");
  await bed.sql("grant odd_group to odd with admin option");
  await bed.sql("alter role odd set statement_timeout = '5min'");
  await bed.sql('alter role odd set search_path = "Archive, old", public');
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
    owner: { memberOf: ["odd_group"], searchPath: ["Archive, old", "public"] },
    roles: { ro: { profile: "readonly" } },
  };
  const refused = await decide("odd", entry).catch((error: unknown) => error);
  expect(refused).toBeInstanceOf(BerthError);
  const { problems } = refused as BerthError;
  const fix = "set berth:apps.odd.provisioner to berth, which leaves that as it is";
  expect(problems.map(({ what }) => what)).toEqual([
    'role "odd" is a member of "odd_group" with options (ADMIN, INHERIT, SET) that provisioner postgresql would put back to their defaults',
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
  await makeByHand("calm");
  await bed.sql(
    "create role guest; create table page (id int); alter table page owner to calm",
    "calm",
  );
  await bed.sql("grant select on page to guest with grant option", "calm");
  const { warnings } = await decide("calm", { adopt: true, owner: { memberOf: ["calm_group"] } });
  expect(warnings).toEqual([
    'adopting: app calm: role "calm": its password becomes the one in 1Password',
    'adopting: app calm: role "calm": it becomes a member of "berth_prod"',
    'adopting: app calm: role "calm": its membership in "calm_group" is granted again, by "postgres"',
  ]);
});

test("a group that the admin may not give to anybody is refused", async () => {
  await makeByHand("closed");
  await bed.sql("create role limited login createrole createdb password 'only-for-this-test'");
  await bed.sql("grant closed to limited with admin true, inherit true, set true");
  const admin = new Credential("limited", "only-for-this-test");
  const entry = { adopt: true, owner: { memberOf: ["closed_group"] } };
  await expect(decide("closed", entry, undefined, admin)).rejects.toThrow(
    /app closed: role "closed" is a member of "closed_group", which .* the admin may not\n +fix: set berth:apps\.closed\.provisioner to berth/,
  );
});

test("an app that Berth's own provider made is looked at again when it changes over", async () => {
  await makeByHand("moved");
  await bed.sql("create role berth_prod nologin");
  try {
    await bed.sql("grant berth_prod to moved");
    const entry = { adopt: true, owner: { memberOf: ["moved_group"] } };
    expect((await decide("moved", entry)).warnings).toEqual([]);
    await bed.sql("grant moved_group to moved with admin option");
    await expect(decide("moved", entry)).rejects.toThrow(/app moved: role "moved" .* with options/);
  } finally {
    await bed.sql("drop role berth_prod");
  }
});
