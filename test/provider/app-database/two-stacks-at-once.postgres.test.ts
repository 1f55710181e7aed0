import { expect, it } from "vitest";
import { TestStack } from "./stacks.ts";
import { keepNeighbour, useBed } from "./use-bed.ts";

/** Stacks that share a server may run at the same time: the run lock has them write in turns. */

const bed = useBed();
keepNeighbour(bed);

it("two stacks that run at once each make their own apps, and neither has anything left to do", async () => {
  const stacks = ["a", "b"].map((letter) => {
    const role = `berth_team_${letter}`;
    const stack = new TestStack(bed, `team-${letter}`, { id: letter.repeat(16), role });
    const names = [1, 2, 3].map((n) => `${letter}${String(n)}`);
    return { stack, role, names, apps: Object.fromEntries(names.map((name) => [name, {}])) };
  });
  await Promise.all(stacks.map(({ stack, apps }) => stack.run(apps)));
  for (const { role, names } of stacks) {
    const made = await bed.sql<{ name: string }>(
      `select d.datname as name from pg_database d
       join pg_auth_members m on m.member = d.datdba where m.roleid = '${role}'::regrole order by 1`,
    );
    expect(made.map(({ name }) => name)).toEqual(names);
  }
  bed.clearLog();
  await Promise.all(stacks.map(({ stack, apps }) => stack.run(apps)));
  expect(bed.writes()).toEqual([]);
});
