import { expect, test } from "vitest";
import { findProblems, makeSpec, writeStack } from "../../fakes/stack.ts";

const usual = { shop: {}, "big-crm": {} };
const reading = (reads: unknown, more: object = {}) => ({
  ...usual,
  metabase: { roles: { bi: { reads, ...more } } },
});
const rolesOf = (apps: unknown) =>
  Object.fromEntries(makeSpec(apps).apps.map(({ name, roles }) => [name, roles.slice(1)]));

test("a role that reads other apps is a member of a role without login of each, with an item and a Secret of its own", () => {
  const { metabase, shop, "big-crm": crm } = rolesOf(reading(["shop", "big-crm"]));
  expect(metabase).toMatchObject([
    {
      key: "bi",
      name: "metabase_bi",
      login: "password",
      profile: "custom",
      memberOf: ["big_crm_metabase_bi", "shop_metabase_bi"],
      secretName: "metabase-bi-db-credentials",
    },
  ]);
  const group = { key: "metabase_bi", login: "none", profile: "readonly", memberOf: [] };
  expect(shop).toMatchObject([{ ...group, name: "shop_metabase_bi" }]);
  expect(crm).toMatchObject([{ ...group, name: "big_crm_metabase_bi" }]);
});

test("the apps that it reads are made before it", () => {
  const names = makeSpec({ analytics: { roles: { bi: { reads: ["shop"] } } }, shop: {} }).apps;
  expect(names.map(({ name }) => name)).toEqual(["shop", "analytics"]);
});

test("it may have something else in one of them", () => {
  const reads = {
    shop: { except: ["salaries"] },
    "big-crm": { privileges: { tables: ["SELECT"] } },
  };
  const { shop, "big-crm": crm } = rolesOf(reading(reads, { name: "bi" }));
  expect(shop).toMatchObject([
    { name: "shop_bi", profile: "readonly", except: [{ name: "salaries" }] },
  ]);
  expect(crm).toMatchObject([{ profile: "custom", privileges: { table: ["SELECT"] } }]);
});

test.each<[string, unknown, string]>([
  [
    "an app that there is not",
    reading(["shp"]),
    'berth:apps.metabase.roles.bi.reads: "shp" is no app of the stack; allowed are big-crm, shop',
  ],
  [
    "the app itself",
    reading({ metabase: null }),
    'berth:apps.metabase.roles.bi.reads: "metabase" is this app itself; allowed are big-crm, shop',
  ],
  [
    "two apps that read each other",
    { shop: { roles: { bi: { reads: ["crm"] } } }, crm: { roles: { bi: { reads: ["shop"] } } } },
    "berth:apps.shop.roles.bi.memberOf and berth:apps.crm.roles.bi.memberOf: the apps shop and crm need roles of each other, so none of them can be made first; remove one of these memberships",
  ],
  [
    "an app with the registry's resources",
    { ...reading(["shop"]), shop: { provisioner: "postgresql" } },
    "berth:apps.metabase.roles.bi.reads: provisioner postgresql sets a password on every role; set berth:apps.shop.provisioner to berth",
  ],
  [
    "a name that is too long",
    reading(["shop"], { name: "m".repeat(60) }),
    `berth:apps.metabase.roles.bi.reads: "shop_${"m".repeat(60)}" is 65 bytes long; at most 63 are allowed, because Postgres cuts longer names`,
  ],
])("refuses %s", (_, apps, problem) => {
  expect(findProblems(writeStack(apps))).toEqual([problem]);
});
