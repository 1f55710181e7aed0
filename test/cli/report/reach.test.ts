import { expect, test } from "vitest";
import { findReach, listReach } from "../../../cli/report/reach.ts";
import { makeSpec } from "../../fakes/stack.ts";

const spec = makeSpec({
  crm: {
    owner: { memberOf: ["pg_monitor"] },
    roles: {
      bi: { profile: "readonly", memberOf: ["crm_all"] },
      all: { privileges: {}, memberOf: ["shop_bi"] },
    },
  },
  shop: { roles: { bi: { profile: "readonly" } } },
  wiki: {},
});
const of = (name: string) => {
  const app = spec.apps.find((one) => one.name === name);
  if (app === undefined) throw new Error("no such app");
  return findReach(app, listReach(spec)).map((one) => [one.role, one.memberOf, one.database]);
};

test("a membership in a role of another app is in the reports of both, also through a role between", () => {
  const both = [
    ["crm_all", "shop_bi", "shop"],
    ["crm_bi", "shop_bi", "shop"],
  ];
  expect(of("crm")).toEqual([["crm", "pg_monitor", undefined], ...both]);
  expect(of("shop")).toEqual(both);
  expect(of("wiki")).toEqual([]);
});

test("it says which privileges come with it", () => {
  const [, reach] = listReach(spec);
  expect(reach?.access["tables in public"]).toEqual({ now: ["SELECT"], later: ["SELECT"] });
});
