import { describe, expect, it } from "vitest";
import { inputsOf } from "./bed.ts";
import { useBed } from "./use-bed.ts";

/** A role that logs in without a password has none, whatever it had before. */

const wiki = (login: string) => inputsOf("wiki", { roles: { ro: { profile: "readonly", login } } });

describe.each([true, false])("for an admin that is a superuser: %s", (isSuperuser) => {
  const bed = useBed({ isSuperuser });

  const passwordOf = async (role: string) => {
    const rows = await bed.sql<object>(
      `select rolcanlogin as login, rolpassword is not null as password from pg_authid where rolname = '${role}'`,
    );
    return rows[0];
  };

  it("it is made without one, loses one, and gets one back", async () => {
    const made = await bed.up(wiki("external"));
    expect(await passwordOf("wiki_ro")).toEqual({ login: true, password: false });
    expect(await bed.diff(made)).toEqual([]);
    const second = await bed.up(wiki("password"), made);
    expect(await bed.sqlAs("wiki_ro", "wiki", "select 1 as one")).toEqual([{ one: 1 }]);
    expect(await bed.diff(second, wiki("external"))).toContain("roles.ro.login");
    const third = await bed.up(wiki("external"), second);
    expect(await passwordOf("wiki_ro")).toEqual({ login: true, password: false });
    expect(await bed.diff(third)).toEqual([]);
  });

  it.runIf(isSuperuser)("one that somebody set by hand is removed", async () => {
    const made = await bed.up(wiki("external"));
    await bed.sql("alter role wiki_ro password 'set-by-hand-here'");
    expect(await bed.diff(made)).toEqual(["roles.ro.login"]);
    await bed.up(wiki("external"), made);
    expect(await passwordOf("wiki_ro")).toEqual({ login: true, password: false });
  });

  it("one that a run before its end left is removed", async () => {
    await bed.up(wiki("password"));
    await bed.up(wiki("external"));
    expect(await passwordOf("wiki_ro")).toEqual({ login: true, password: false });
  });
});
