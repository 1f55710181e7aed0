import { describe, expect, it } from "vitest";
import { ownershipRoleName } from "../../../components/config/derive/names.ts";
import { admins, confirmed, doomed, one, role, two, useStacks } from "./stacks.ts";

/** A stack that changes its name, loses its state or was made by an earlier version stays itself, on a real Postgres. */

describe.each(admins)("as $admin", ({ isFull = false, ...options }) => {
  const { bed, stackOf, plant, rows, comment, runAsAdmin } = useStacks(options);

  it("goes on with a lost state", async () => {
    const stack = await plant("team-a", one);
    stack.loseState();
    await stack.run({ shop: {} });
    expect(await rows()).toHaveLength(3);
    expect(await comment()).toBe(stack.ownershipComment);
    expect(stack.reports.join("\n")).not.toContain("organization/berth");
  });

  it("goes on after rename, with the role that it has and one word", async () => {
    const stack = await plant("team-a", one);
    stack.rename("team-b", two, ownershipRoleName("team-b"));
    await stack.run({ shop: {} }, { preview: true });
    expect(stack.reports.join("\n")).toContain(
      "stack organization/berth/team-a is called organization/berth/team-b now",
    );
    await stack.run({ shop: {}, wiki: {} });
    expect(await comment()).toBe(stack.ownershipComment);
    expect(await bed.sql("select from pg_roles where rolname like 'berth_team_b%'")).toEqual([]);
    bed.clearLog();
    await stack.run({ shop: {}, wiki: {} });
    expect(bed.writes()).toEqual([]);
    // On 14 schema public stays open to all, and each run says so.
    expect(stack.reports.filter((text) => !text.includes("only a superuser can end that"))).toEqual(
      [],
    );
    expect(await rows()).toHaveLength(3);
    // A new stack of the former name is another one.
    await expect(stackOf("team-a", one).run({ shop: {} })).rejects.toThrow(
      /belongs to stack organization\/berth\/team-b/,
    );
  });

  it.runIf(isFull)(
    "goes on after rename when the run died before the role had its new comment",
    async () => {
      const stack = await plant("team-a", one);
      stack.rename("team-b", two, ownershipRoleName("team-b"));
      // The engine writes the provider's new arguments into state before it asks for any app.
      await stack.run({ shop: { database: { encoding: "LATIN1" } } }).catch(() => undefined);
      expect(await comment()).toContain(one);
      await stack.run({ shop: {} });
      expect(await comment()).toBe(stack.ownershipComment);
    },
  );

  it.runIf(isFull)("goes on under another passphrase, as state shows the former one", async () => {
    const stack = await plant("team-a", one);
    stack.rename("team-a", two, role);
    await stack.run({ shop: {} });
    expect(await comment()).toBe(stack.ownershipComment);
  });

  it("says what to do after rename and loss of the state, and that works", async () => {
    const stack = await plant("team-a", one);
    stack.loseState();
    stack.rename("team-b", two, ownershipRoleName("team-b"));
    const named = await stack.run({ shop: {} }).catch(String);
    expect(named).toContain(
      `role "shop" exists and was made by stack organization/berth/team-a: it is a member of that stack's ownership role "${role}"`,
    );
    expect(named).toContain(`set berth:postgres.ownershipRole to "${role}"`);
    expect(named).not.toMatch(/adopt.*memberOf|memberOf.*berth_/);
    stack.ownershipRole = role;
    const handing = String(await stack.run({ shop: {} }).catch(String));
    const statement = /COMMENT ON ROLE "berth_team_a" IS '[^'\n]*'/.exec(handing)?.[0] ?? "";
    expect(statement).toContain("team-b");
    expect(await rows()).toHaveLength(3);
    await runAsAdmin(statement);
    await stack.run({ shop: {} });
    expect(await rows()).toHaveLength(3);
  });

  it("takes over by adopt what another stack has given up, once that is revoked", async () => {
    await plant("team-a", one);
    const second = stackOf("team-b", two, "berth_team_b");
    const said = String(await second.run({ shop: { adopt: true } }).catch(String));
    const statement = /REVOKE "berth_team_a" FROM "shop" GRANTED BY "\w+"/.exec(said)?.[0] ?? "";
    expect(statement).not.toBe("");
    await runAsAdmin(statement);
    await second.run({ shop: { adopt: true } });
    expect(await rows()).toHaveLength(3);
  });

  it("marks the role of an earlier version in the next run, and that is all it does", async () => {
    const stack = await plant("team-a", undefined);
    await stack.run({ shop: {}, wiki: {} });
    expect(await comment()).toBeNull();
    stack.rename("team-a", one, role);
    await stack.run({ shop: {}, wiki: {} }, { preview: true });
    expect(stack.reports.filter((text) => text.startsWith("changes:"))).toEqual(["changes: roles"]);
    bed.clearLog();
    await stack.run({ shop: {}, wiki: {} });
    expect(bed.writes()).toEqual([`COMMENT ON ROLE "${role}" IS '${stack.ownershipComment}'`]);
    await stack.run({ shop: {}, wiki: {} });
    expect(bed.writes()).toHaveLength(1);
  });

  it.runIf(isFull)("finds the role of an earlier version under the name that it has", async () => {
    const stack = await plant("team-a", undefined);
    stack.rename("team-a", one, ownershipRoleName("team-a"));
    expect(stack.ownershipRole).not.toBe(role);
    await stack.run({ shop: {} });
    expect(await comment()).toBe(stack.ownershipComment);
    expect(await rows()).toHaveLength(3);
  });

  it.runIf(isFull)(
    "lets no stack take an earlier version's role whose state has not used it",
    async () => {
      await plant("team-a", undefined);
      const second = stackOf("team-a", two);
      const said =
        /has members and does not say of which stack: an earlier version of Berth made it/;
      await expect(second.run({ shop: doomed }, confirmed)).rejects.toThrow(said);
      // The provider is in its state by now, and that proves nothing.
      await expect(second.run({ shop: doomed }, confirmed)).rejects.toThrow(said);
      expect(bed.writes()).toEqual([]);
      expect(await rows()).toHaveLength(3);
      // Nor does a state that used a role of this name on another server.
      const moved = stackOf("team-a", two);
      moved.provider = bed.config({ systemIdentifier: "1" });
      await expect(moved.run({ shop: {} })).rejects.toThrow(said);
    },
  );

  it("hands over an earlier version's role whose state is lost by the statement that it prints", async () => {
    const stack = await plant("team-a", undefined);
    stack.loseState();
    stack.rename("team-a", one, role);
    const said = String(await stack.run({ shop: {} }).catch(String));
    await runAsAdmin(/COMMENT ON ROLE "berth_team_a" IS '[^'\n]*'/.exec(said)?.[0] ?? "");
    await stack.run({ shop: {} });
    expect(await rows()).toHaveLength(3);
  });

  it.runIf(isFull)("keeps what else the comment of the role says", async () => {
    const stack = await plant("team-a", undefined);
    await bed.sql(`COMMENT ON ROLE ${role} IS 'asked for by Ann''s team'`);
    stack.rename("team-a", one, role);
    await stack.run({ shop: {} });
    expect(await comment()).toBe(`asked for by Ann's team\n${stack.ownershipComment}`);
  });
});
