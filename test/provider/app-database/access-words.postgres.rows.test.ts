import { afterEach, beforeAll, describe, expect, it } from "vitest";
import type { StoredResource } from "../../../provider/rpc/resource-handler.ts";
import { hasPsql, psql, toScript } from "../../postgres/psql/run.ts";
import { inputsOf } from "./bed.ts";
import { closePublic, failuresOf, servers, verifiersOf } from "./servers.ts";
import { useBed } from "./use-bed.ts";

/** Settings, memberships and logins without a password: the provider, the psql script and `verify` mean the same by them. */

const entry = {
  owner: { connectionLimit: 9, settings: { work_mem: "8MB" }, memberOf: ["staff"] },
  database: { settings: { jit: false, datestyle: "ISO, DMY" } },
  roles: {
    ro: {
      profile: "readonly",
      memberOf: ["pg_monitor"],
      settings: { statement_timeout: "30s" },
    },
    iam: { profile: "readonly", login: "external", memberOf: ["staff"] },
    group: { profile: "readwrite", login: "none" },
    member: { privileges: {}, memberOf: ["basketball_group"] },
  },
};
const roles = ["_ro", "_iam", "_group", "_member", ""].map((end) => `basketball${end}`);

describe.each(servers)(
  "on Postgres %s (%s), as a superuser: %s",
  (version, packageName, isSuperuser) => {
    const bed = useBed({ packageName, isSuperuser });

    beforeAll(async () => {
      await bed.sql("create role staff");
      await bed.sql("grant pg_monitor, staff to coachlight_admin with admin option");
    });

    afterEach(async () => {
      await drop();
    });

    const drop = async (): Promise<void> => {
      await bed.sql("drop database if exists basketball with (force)");
      for (const role of roles) await bed.sql(`drop role if exists ${role}`);
    };
    const failures = () => failuresOf(bed, { basketball: entry });
    const runScript = async (made: StoredResource): Promise<void> => {
      const { exitCode, output } = await psql(bed, toScript(bed, entry), verifiersOf(made));
      expect(exitCode, output).toBe(0);
    };
    /** What `verify` asks for: before 16 the admin is no member of the roles that it makes. */
    const joinAdmin = async (): Promise<void> => {
      if (isSuperuser || Number(version) >= 16) return;
      await bed.sql("grant basketball_group, basketball_iam to coachlight_admin");
    };
    const changes = () => bed.writes().filter((statement) => !statement.includes("PASSWORD"));

    it("are made by the provider, and leave nothing to do for the others", async () => {
      const made = await bed.up(inputsOf("basketball", entry));
      await closePublic(bed, "basketball");
      bed.clearLog();
      expect(await bed.diff(made)).toEqual([]);
      if (hasPsql) await runScript(made);
      expect(changes()).toEqual([]);
      await joinAdmin();
      expect(await failures()).toEqual([]);
    });

    it.runIf(hasPsql)(
      "are made by the script, and leave nothing to do for the others",
      async () => {
        const made = await bed.up(inputsOf("basketball", entry));
        await drop();
        await runScript(made);
        await closePublic(bed, "basketball");
        await joinAdmin();
        expect(await failures()).toEqual([]);
        bed.clearLog();
        const again = await bed.up(made.inputs);
        expect(changes()).toEqual([]);
        expect(await bed.diff(again)).toEqual([]);
      },
    );
  },
);
