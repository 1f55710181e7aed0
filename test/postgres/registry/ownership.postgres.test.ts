import { afterEach, expect, test } from "vitest";
import { Credential } from "../../../components/onepassword/credential.ts";
import { claimOwnershipRole } from "../../../components/postgres/registry/ownership.ts";
import { formatOwningStack } from "../../../components/postgres/rules/roles/identity.ts";
import { openEndpoint } from "../../../components/tunnel/endpoint.ts";
import { ownershipRole } from "../../provider/app-database/bed.ts";
import { keepNeighbour, useBed } from "../../provider/app-database/use-bed.ts";

/** What the registry's provider cannot write, on a real Postgres. */

const stack = { id: "1111111111111111", name: "organization/berth/team-a" };
const bed = useBed();
keepNeighbour(bed);

afterEach(async () => {
  await bed.sql(`DROP ROLE IF EXISTS ${ownershipRole}`);
});

async function claim(given: Parameters<typeof claimOwnershipRole>[0]["stack"]): Promise<void> {
  const { host, port } = bed.superuser;
  const tls = { mode: "disable", caFile: undefined, serverName: "localhost" } as const;
  const endpoint = await openEndpoint({ kind: "direct", host, port }, tls);
  const { PGUSER: user, PGPASSWORD: password } = bed.adminEnvironment;
  try {
    const target = { endpoint, tls: undefined, database: "postgres" };
    bed.clearLog();
    await claimOwnershipRole(
      { ownershipRole, stack: given },
      target,
      new Credential(user, password),
    );
  } finally {
    await endpoint.close();
  }
}

test("the ownership role is made with its comment, once, as the registry's resource would make it", async () => {
  await claim(stack);
  expect(bed.writes()).toEqual([
    `CREATE ROLE "${ownershipRole}" NOLOGIN VALID UNTIL 'infinity'`,
    `COMMENT ON ROLE "${ownershipRole}" IS '${formatOwningStack(stack)}'`,
  ]);
  await claim(stack);
  expect(bed.writes()).toEqual([]);
});

test("the mark follows a new name, and one of an earlier version is marked", async () => {
  await claim({ ...stack, id: "2222222222222222" });
  await claim({ ...stack, former: ["2222222222222222"] });
  expect(bed.writes()).toEqual([
    `COMMENT ON ROLE "${ownershipRole}" IS '${formatOwningStack(stack)}'`,
  ]);
  await bed.sql(`COMMENT ON ROLE ${ownershipRole} IS NULL`);
  await claim({ ...stack, unmarked: ownershipRole });
  expect(bed.writes()).toHaveLength(1);
});

test("nothing is written for a stack that another one has the role of", async () => {
  await claim({ ...stack, id: "2222222222222222" });
  await claim(stack);
  expect(bed.writes()).toEqual([]);
});
