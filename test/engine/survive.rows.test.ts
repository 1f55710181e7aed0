import { copyFileSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { ensureStack, runPulumi } from "../../dev/pulumi/cli.ts";
import { countFaults } from "../faults/count.ts";
import { rowsOf } from "../rows.ts";
import { openGround } from "./ground.ts";
import { useBed } from "./use-bed.ts";

/**
 * Rows outlive what happens to the state and to the entry, with either provisioner and without a word
 * about deleting; `retire.full.test.ts` has what is asked for.
 */

describe.each(rowsOf<"berth" | "postgresql">(["berth"], ["postgresql"]))(
  "with provisioner %s, rows survive",
  (provisioner) => {
    // With Berth's own provider the tests of `provider/app-database` prove the same.
    const ofStock = it.runIf(provisioner === "postgresql");
    const bed = useBed({
      configure: (config) => {
        delete config["berth:gitops"];
        config["berth:apps"] = { wiki: {}, other: {} };
        Object.assign(config["berth:postgres"] as object, { provisioner });
      },
    });
    let before: unknown;

    beforeAll(async () => {
      for (const name of ["wiki", "other"]) {
        await bed.addLogin(`${name}-db-credentials`, name, `Canary-of-${name}-0123456789`);
      }
      await bed.bringUp();
      const wiki = bed.login("wiki-db-credentials");
      await bed.sqlAs(wiki, "wiki", "create table kept as select generate_series(1, 3) as id");
      before = await read();
    });

    countFaults(`of state and entries, with provisioner ${provisioner}`, () =>
      openGround(bed, { database: "wiki" }),
    );

    /** The rows, and that neither database nor roles were created again, nor a password set again. */
    const read = async () => [
      await bed.sql("select id, ctid::text, xmin::text from kept order by id", "wiki"),
      await bed.sql(
        "select oid::text, datdba::regrole::text from pg_database where datname = 'wiki'",
      ),
      await bed.sql(
        "select oid::text, rolpassword, rolcanlogin from pg_authid where rolname = 'wiki'",
      ),
    ];

    /** The registry's database is protected, also when it is dropped. */
    async function unprotect(): Promise<void> {
      if (provisioner === "berth") return;
      expect(await bed.failUp()).toMatch(/protected/);
      expect(await read()).toEqual(before);
      await bed.pulumi(["state", "unprotect", "--all", "--yes"]);
    }

    async function expectSettled(): Promise<void> {
      await bed.bringUp();
      await bed.expectNoChanges();
      expect(await read()).toEqual(before);
    }

    it("a wrong passphrase, which is reported before anything is done", async () => {
      const output = await bed.failUp(undefined, { PULUMI_CONFIG_PASSPHRASE: "another" });
      expect(output).toContain("incorrect passphrase");
      expect(await read()).toEqual(before);
    });

    it("a state file that was cut off, which is refused; its backup goes on", async () => {
      const file = path.join(bed.sandbox.home, "state/.pulumi/stacks/berth/dev.json");
      const whole = readFileSync(file, "utf8");
      writeFileSync(file, whole.slice(0, whole.length / 2));
      expect(await bed.failUp()).toContain("failed to load checkpoint");
      expect(await read()).toEqual(before);
      copyFileSync(`${file}.bak`, file);
      await expectSettled();
    });

    it("lost state: what is there is adopted, and its password stays", async () => {
      const lost = ["stack", "rm", "--yes", "--force", "--preserve-config"];
      expect((await bed.pulumi(lost)).exitCode).toBe(0);
      await ensureStack(bed.toolchain, bed.sandbox);
      await expectSettled();
    });

    ofStock("a second stack with the same app, which is refused", async () => {
      const other = { ...bed.sandbox, stack: "other" };
      await ensureStack(bed.toolchain, other);
      const args = ["up", "--yes", "--skip-preview", "--non-interactive"];
      const { exitCode, output } = await runPulumi(bed.toolchain, other, args, { output: "keep" });
      expect(exitCode).not.toBe(0);
      expect(output).toContain('role "wiki" exists and was made by stack organization/berth/dev');
      expect(await read()).toEqual(before);
    });

    ofStock("another owner and another encoding, which are refused", async () => {
      for (const [entry, reason] of [
        [
          { owner: { name: "other", item: "other-db-credentials" } },
          "Berth never changes an owner",
        ],
        [{ database: { encoding: "LATIN1" } }, "has encoding UTF8, which cannot change"],
      ] as const) {
        const restore = bed.configure((config) => {
          config["berth:apps"] = { wiki: entry };
        });
        const { exitCode, output } = await bed.preview();
        restore();
        expect(exitCode).not.toBe(0);
        expect(output).toContain(reason);
      }
      expect(await read()).toEqual(before);
    });

    it("removal of the app, and its return", async () => {
      const restore = bed.configure((config) => {
        delete config["berth:apps"]["wiki"];
      });
      await unprotect();
      await bed.bringUp();
      expect(await read()).toEqual(before);
      restore();
      await expectSettled();
    });

    it("another name of the app", async () => {
      bed.configure((config) => {
        delete config["berth:apps"]["wiki"];
        config["berth:apps"]["docs"] = {
          owner: { name: "wiki", item: "wiki-db-credentials" },
          database: { name: "wiki" },
        };
      });
      await unprotect();
      await expectSettled();
    });

    ofStock("destroy", async () => {
      const how = ["destroy", "--yes", "--skip-preview", "--run-program"];
      if (provisioner === "postgresql") {
        const refused = await bed.pulumi(how);
        expect(refused.exitCode).not.toBe(0);
        expect(refused.output).toContain("protected");
        expect(await read()).toEqual(before);
      }
      expect((await bed.pulumi([...how, "--ignore-protect"])).exitCode).toBe(0);
      expect(await read()).toEqual(before);
      await expectSettled();
    });
  },
);
