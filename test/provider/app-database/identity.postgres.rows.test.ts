import { describe, expect, it } from "vitest";
import { inputsOf, statementsIn, toUrn } from "./bed.ts";
import { admins, confirmed, doomed, one, role, two, useStacks } from "./stacks.ts";

/** Whose an app is, on a real Postgres that several stacks use: nobody gets at another's. */

describe.each(admins)("as $admin", ({ isFull = false, ...options }) => {
  const { bed, stackOf, plant, rows, comment, runAsAdmin } = useStacks(options);

  it("makes the ownership role say whose it is, and finds nothing to do the second time", async () => {
    const stack = await plant("team-a", one);
    expect(await comment()).toBe(stack.ownershipComment);
    await stack.run({ shop: {} });
    expect(bed.writes()).toEqual([]);
  });

  it.runIf(isFull)("lists its comment in the preview, right after what creates it", async () => {
    const stack = stackOf("team-a", one);
    await stack.run({ shop: {} }, { preview: true });
    expect(stack.reports.flatMap(statementsIn).slice(0, 2)).toEqual([
      expect.stringContaining(`CREATE ROLE "${role}" NOLOGIN`),
      expect.stringContaining(`COMMENT ON ROLE "${role}" IS '${stack.ownershipComment}'`),
    ]);
    expect(bed.writes()).toEqual([]);
  });

  it.each([
    ["whose name comes to the same", "team.a"],
    ["of the same name in another backend", "team-a"],
  ])("keeps a stack %s from the other's app, in preview and up", async (_, name) => {
    const first = await plant("team-a", one);
    const second = stackOf(name, two);
    for (const entry of [{}, doomed, { adopt: true }]) {
      for (const preview of [true, false]) {
        await expect(second.run({ shop: entry }, { ...confirmed, preview })).rejects.toThrow(
          `ownership role "${role}" belongs to stack organization/berth/team-a (id ${one}), and this is stack organization/berth/${name} (id ${two}); nothing was changed`,
        );
      }
    }
    // An app of its own would be as much the other's, who could drop it.
    await expect(second.run({ wiki: {} })).rejects.toThrow(/belongs to stack/);
    expect(bed.writes()).toEqual([]);
    expect(await rows()).toHaveLength(3);
    await first.run({ shop: {} });
    expect(bed.writes()).toEqual([]);
  });

  it("drops nothing for a stack that got hold of another's app with an earlier version", async () => {
    const first = await plant("team-a", undefined);
    const second = stackOf("team.a", undefined);
    await second.run({ shop: doomed }, confirmed);
    // The true owner is the first to come with this version.
    first.rename("team-a", one, role);
    await first.run({ shop: {} });
    bed.clearLog();
    second.rename("team.a", two, role);
    await expect(second.run({}, confirmed)).rejects.toThrow(
      /belongs to stack organization\/berth\/team-a \(id 1{16}\), and this is stack organization\/berth\/team\.a/,
    );
    await expect(second.run({ shop: { database: { connectionLimit: 7 } } })).rejects.toThrow(
      /belongs to stack/,
    );
    expect(bed.writes()).toEqual([]);
    expect(await rows()).toHaveLength(3);
  });

  it.runIf(isFull)(
    "drops nothing with a state of an earlier version, which destroy has no other word of",
    async () => {
      await plant("team-a", one);
      const second = stackOf("team.a", undefined);
      second.resources.set("shop", { id: "shop", urn: toUrn("shop"), ...stateOf(doomed) });
      second.provider = bed.config({ ownershipRole: role, confirmDelete: ["shop"] });
      await expect(second.destroy()).rejects.toThrow(
        /belongs to stack organization\/berth\/team-a, and this run does not know which stack it is for/,
      );
      expect(bed.writes()).toEqual([]);
      expect(await rows()).toHaveLength(3);
    },
  );

  /** What state holds of an app; made without a server. */
  function stateOf(entry: Record<string, unknown>) {
    const { verifiers, ...state } = inputsOf("shop", entry);
    return { inputs: { ...state, verifiers: verifiers ?? {} }, state };
  }

  it.runIf(isFull).each([
    ["nothing but the ownership role", [`CREATE ROLE ${role} NOLOGIN`]],
    ["the ownership role and its comment", [`CREATE ROLE ${role} NOLOGIN`, "comment"]],
    [
      "the app's role as well",
      [`CREATE ROLE ${role} NOLOGIN`, "comment", "CREATE ROLE shop LOGIN", `GRANT ${role} TO shop`],
    ],
  ])("finishes what a run that died before its first checkpoint left: %s", async (_, left) => {
    const stack = stackOf("team-a", one);
    for (const statement of left) {
      await runAsAdmin(
        statement === "comment"
          ? `COMMENT ON ROLE ${role} IS '${stack.ownershipComment}'`
          : statement,
      );
    }
    await stack.run({ shop: {} });
    expect(await comment()).toBe(stack.ownershipComment);
    expect(await bed.sqlAs("shop", "shop", "select 1 as up")).toEqual([{ up: 1 }]);
  });

  it.runIf(isFull)("drops its own app, confirmed, as before", async () => {
    const stack = await plant("team-a", one);
    await stack.run({ shop: doomed }, confirmed);
    await stack.run({}, confirmed);
    expect(await bed.sql("select from pg_database where datname = 'shop'")).toEqual([]);
  });
});
