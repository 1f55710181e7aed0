import { expect, test } from "vitest";
import { checkAdmin, checkApps } from "../../../cli/doctor/server-state.ts";
import { liveRole, makeCatalog } from "../../fakes/catalog.ts";
import { makeSpec } from "../../fakes/stack.ts";

const check = (server: Parameters<typeof makeCatalog>[2]) =>
  checkAdmin(makeSpec({}), {
    catalog: makeCatalog([], [], server),
    isEncrypted: true,
    selfGrant: "set, inherit",
  });

test("an admin that the server itself keeps from the neighbours is no reason to warn", () => {
  expect(check({ versionNumber: 160_000 }).warnings).toBeUndefined();
});

test.each([
  ["a superuser", { isSuperuser: true }],
  ["CREATEROLE on Postgres 15", { versionNumber: 150_018 }],
])("%s is a warning: only Berth's own rules guard the neighbours", (_, server) => {
  expect(check(server).warnings).toEqual([
    {
      detail: expect.stringContaining(
        "only Berth's own rules protect the roles and databases of others",
      ) as unknown,
      fix: expect.stringContaining("berth:postgres.reserved") as unknown,
    },
  ]);
});

function checkAdopted(
  adminMayAlter: boolean,
  server: Parameters<typeof makeCatalog>[2] = {},
  memberOf: readonly string[] = [],
) {
  const roles = [liveRole("wiki", { memberOf, adminMayAlter })];
  return checkApps(makeSpec({ wiki: { adopt: true } }), {
    catalog: makeCatalog(roles, [], server),
    isEncrypted: true,
    selfGrant: "",
  });
}

test("fails on a role to adopt that the admin may not change, and says what a superuser has to run", () => {
  expect(() => checkAdopted(false)).toThrow(
    'app wiki: role "wiki" cannot be adopted: role "coachlight_admin" may not change it\n' +
      '    fix: as a superuser: GRANT "wiki" TO "coachlight_admin" WITH ADMIN TRUE, INHERIT TRUE, SET TRUE',
  );
});

test("a role to adopt is in reach with ADMIN, for a superuser, before 16, and once it is the stack's", () => {
  const passed = { detail: expect.stringContaining("0 of 1 databases exist") as unknown };
  expect(checkAdopted(true)).toMatchObject(passed);
  expect(checkAdopted(false, { isSuperuser: true })).toMatchObject(passed);
  expect(checkAdopted(false, { versionNumber: 150_000 })).toMatchObject(passed);
  expect(checkAdopted(false, {}, ["berth_prod"])).toMatchObject(passed);
});
