import { describe, expect, it } from "vitest";
import { ownershipRoleName } from "../../../components/config/derive/names.ts";
import { PgIdentifier } from "../../../components/config/schema/primitives.ts";

/** Letters that a Pulumi stack name may have. */
const letters = "abzABZ019-_.";

/** Every name of one to four letters, and long ones that differ at the end alone. */
function* stackNames(): Generator<string> {
  const grow = function* (prefix: string, more: number): Generator<string> {
    for (const letter of letters) {
      yield prefix + letter;
      if (more > 1) yield* grow(prefix + letter, more - 1);
    }
  };
  yield* grow("", 4);
  for (const end of grow("", 2)) {
    yield `${"x".repeat(56)}${end}`;
    yield `${"x".repeat(98)}${end}`;
  }
}

describe("the name of an ownership role", () => {
  it("is the stack's, where that can be a role's", () => {
    expect(ownershipRoleName("prod")).toBe("berth_prod");
    expect(ownershipRoleName("team_a")).toBe("berth_team_a");
  });

  it("gives different names to stacks whose names look the same", () => {
    const names = ["team_a", "team-a", "team.a", "Team.A"].map(ownershipRoleName);
    expect(new Set(names).size).toBe(4);
    for (const name of names) expect(name).toMatch(/^berth_team_a(_[0-9a-f]{12})?$/);
  });

  it("is not what another stack's digest makes of it", () => {
    const made = ownershipRoleName("team-a");
    expect(ownershipRoleName(made.slice("berth_".length))).not.toBe(made);
  });

  it("differs for different stacks, and Postgres takes each as it is", () => {
    const seen = new Map<string, string>();
    for (const stack of stackNames()) {
      const name = ownershipRoleName(stack);
      expect(seen.get(name), `${stack} and ${String(seen.get(name))}`).toBeUndefined();
      seen.set(name, stack);
    }
    const longest = [...seen.keys()].toSorted((a, b) => b.length - a.length).slice(0, 100);
    for (const name of [...longest, ...[...seen.keys()].slice(0, 100)]) {
      expect(PgIdentifier.safeParse(name).success, name).toBe(true);
    }
  });
});
