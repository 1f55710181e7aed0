import { expect, test } from "vitest";
import { findProblems, makeSpec, writeStack } from "../../fakes/stack.ts";

/** What roles an app's roles may be members of, and which app is made first. */

const ro = { profile: "readonly" };
const find = (apps: object) => findProblems(writeStack(apps));
const reader = (memberOf: readonly string[]) => ({ roles: { ro: { ...ro, memberOf } } });

test.each(["pg_monitor", "pg_read_all_data", "rds_iam", "staff"])(
  "a member of %s is allowed",
  (group) => {
    expect(find({ wiki: reader([group]) })).toEqual([]);
  },
);

test.each([
  ["pg_execute_server_program", "gives its members the rights of a superuser"],
  ["pg_read_server_files", "gives its members the rights of a superuser"],
  ["rds_superuser", "gives its members the rights of a superuser"],
  ["pg_database_owner", "cannot have members"],
  ["paperless", "is reserved (berth:postgres.reserved)"],
  ["postgres", "belongs to Postgres itself"],
])("a member of %s is refused", (group, reason) => {
  expect(find({ wiki: reader([group]) })).toEqual([
    `berth:apps.wiki.roles.ro.memberOf: "${group}" ${reason}; remove it, a role of an app may not be a member of it`,
  ]);
});

test("a predefined role that is reserved is refused", () => {
  const apps = { wiki: reader(["pg_monitor"]) };
  expect(findProblems(writeStack(apps, { reserved: ["pg_monitor"] }))).toHaveLength(1);
});

test("an app comes after those that have its groups, otherwise by name", () => {
  const { apps } = makeSpec({
    a: reader(["c_ro"]),
    b: {},
    c: { roles: { ro: { ...ro, memberOf: ["d"] } } },
    d: { owner: { rotation: "two-logins", name: "d" } },
    e: reader(["d_b"]),
  });
  expect(apps.map(({ name }) => name)).toEqual(["d", "c", "a", "b", "e"]);
});

test("an app that pulumi up makes cannot need a role of a Job that Argo CD starts", () => {
  const gitops = { directory: "../gitops", repoURL: "https://git.example.org/gitops.git" };
  const postgres = { systemIdentifier: "7412345678901234567" };
  const write = (provisioner: string) => ({
    ...writeStack(
      { crm: { ...reader(["shop_ro"]), provisioner }, shop: { provisioner: "job", roles: { ro } } },
      postgres,
    ),
    gitops,
  });
  expect(findProblems(write("job"))).toEqual([]);
  expect(findProblems(write("berth"))).toEqual([
    "berth:apps.crm.roles.ro.memberOf: a Job that Argo CD starts after pulumi up makes the roles of shop; set provisioner to job for crm too, or to berth for shop",
  ]);
});

test("apps that need each other's roles are refused, with both names", () => {
  expect(
    find({ crm: reader(["shop_ro"]), shop: { owner: { memberOf: ["crm"] }, roles: { ro } } }),
  ).toEqual([
    "berth:apps.shop.owner.memberOf and berth:apps.crm.roles.ro.memberOf: the apps shop and crm need roles of each other, so none of them can be made first; remove one of these memberships",
  ]);
});

test("roles that would be members of each other, or of themselves, are refused", () => {
  const roles = { a: { ...ro, memberOf: ["wiki_b"] }, b: { ...ro, memberOf: ["wiki_a"] } };
  expect(find({ wiki: { roles } })).toEqual([
    'berth:apps.wiki.roles.a.memberOf and berth:apps.wiki.roles.b.memberOf: "wiki_a", "wiki_b" would be members of each other; remove one of these memberships',
  ]);
  expect(find({ wiki: { owner: { memberOf: ["wiki"] } } })).toEqual([
    'berth:apps.wiki.owner.memberOf: "wiki" would be a member of itself; remove one of these memberships',
  ]);
  const owner = { rotation: "two-logins", memberOf: ["wiki_a"] };
  expect(find({ wiki: { owner } })).toEqual([
    'berth:apps.wiki.owner.memberOf: "wiki_role", "wiki_a" would be members of each other; remove one of these memberships',
  ]);
});
