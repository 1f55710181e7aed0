import { beforeAll, describe, expect, it } from "vitest";
import { packages } from "../../postgres-packages.ts";
import { inputsOf } from "../../provider/app-database/bed.ts";
import { useBed } from "../../provider/app-database/use-bed.ts";
import { hasPsql, psql, toScript } from "./run.ts";

/** Memberships, settings and logins without a password, on each version, for an admin with CREATEROLE. */

// The other tests of scripts run on 18.
const older = Object.entries(packages).slice(0, -1);

const entry = {
  owner: { settings: { jit: false } },
  database: { settings: { work_mem: "8MB" } },
  roles: {
    ro: {
      profile: "readonly",
      login: "external",
      memberOf: ["shop_bi", "pg_monitor"],
      settings: { statement_timeout: "7s" },
    },
  },
};

describe.each(older)("on Postgres %s", (version, packageName) => {
  const bed = useBed({ packageName });

  beforeAll(async () => {
    await bed.up(inputsOf("shop", { roles: { bi: { profile: "readonly" } } }));
    // Before 16 CREATEROLE is enough.
    if (version >= "16") {
      await bed.sql("grant pg_monitor to coachlight_admin with admin option");
    }
  });

  it.runIf(hasPsql)(
    "the provider makes them, and the psql script finds nothing else to do",
    async () => {
      const made = await bed.up(inputsOf("basketball", entry));
      expect(await bed.diff(made)).toEqual([]);
      const { exitCode, output } = await psql(bed, toScript(bed, entry));
      expect(exitCode, output).toBe(0);
      expect(output.split("\n").at(-1)).toBe("app basketball: as planned");
      expect(await bed.diff(made)).toEqual([]);
      const found = await bed.sql(
        `select r.rolname::text as name, r.rolpassword is null as open, s.setconfig as settings,
         array(select roleid::regrole::text from pg_auth_members where member = r.oid order by 1) as groups
       from pg_authid r join pg_db_role_setting s on s.setrole = r.oid where rolname ~ '^basketball' order by 1`,
      );
      expect(found).toEqual([
        { name: "basketball", open: false, settings: ["jit=off"], groups: ["berth_prod"] },
        {
          name: "basketball_ro",
          open: true,
          settings: ["statement_timeout=7s"],
          groups: ["berth_prod", "pg_monitor", "shop_bi"],
        },
      ]);
    },
  );

  it.runIf(hasPsql)(
    "both refuse what the server refuses, before they change anything",
    async () => {
      const wrong = {
        owner: { settings: { "app.tenant": "x" }, memberOf: ["nobody_made_this"] },
        database: { settings: { work_mem: "lots" } },
      };
      const found = await bed.up(inputsOf("basketball", wrong)).then(() => "", String);
      expect(found).toContain("3 problems");
      expect(found.includes('GRANT SET ON PARAMETER "app"."tenant"')).toBe(version > "14");
      const { exitCode, output } = await psql(bed, toScript(bed, wrong));
      expect(exitCode).toBe(3);
      expect(output).toContain(
        'cannot become a member of "nobody_made_this": there is no such role',
      );
      const owner = { settings: wrong.owner.settings };
      const tried = await psql(bed, toScript(bed, { ...wrong, owner }));
      expect(tried.exitCode).toBe(3);
      expect(tried.output).toContain('permission denied to set parameter \\"app.tenant\\"');
      expect(tried.output).toContain('invalid value for parameter \\"work_mem\\": \\"lots\\"');
    },
  );
});
