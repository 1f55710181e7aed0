import { describe, expect, it } from "vitest";
import { describeProblem } from "../../../../components/errors.ts";
import {
  decideOwnership,
  findForeignOwner,
  formatOwningStack,
  parseOwningStack,
  toOwnershipComment,
  withOwnershipRole,
} from "../../../../components/postgres/rules/roles/identity.ts";
import { holdLineBreaks } from "../../../../components/terminal-text.ts";
import { liveRole } from "../../../fakes/catalog.ts";

const stack = { id: "0123456789abcdef", name: "organization/berth/team.a" };
const other = { id: "fedcba9876543210", name: "organization/berth/team-a" };
const role = (comment: string | null, hasMembers = true) =>
  liveRole("berth_team_a", { canLogin: false, comment, hasMembers });

describe("the mark of an ownership role", () => {
  it("is a line of its comment, and what else that says stays", () => {
    // As a session reads and sends it, with the server's line breaks kept apart from Berth's own.
    const comment = holdLineBreaks(`do not drop\n${formatOwningStack(other)}\nasked for by Ann`);
    expect(parseOwningStack(comment)).toEqual(other);
    expect(toOwnershipComment("r", stack, comment)).toMatchObject({
      comment: holdLineBreaks(`do not drop\n${formatOwningStack(stack)}\nasked for by Ann`),
    });
    expect(toOwnershipComment("r", stack, "do not drop\n")).toMatchObject({
      comment: holdLineBreaks(`do not drop\n${formatOwningStack(stack)}`),
    });
  });

  it("is nothing that a terminal or a message could be tricked with", () => {
    expect(parseOwningStack("berth: stack a\u001b[2J, id 0123456789abcdef")).toBeUndefined();
    expect(parseOwningStack("berth: stack a, id 0123456789ABCDEF")).toBeUndefined();
    expect(parseOwningStack(`x ${formatOwningStack(stack)}`)).toBeUndefined();
    expect(parseOwningStack(undefined)).toBeUndefined();
  });
});

describe("whether a stack may use an ownership role", () => {
  it("may where there is none, and where it is its own", () => {
    for (const live of [undefined, role(formatOwningStack(stack))]) {
      expect(decideOwnership(live, stack)).toEqual({ actions: [], notes: [] });
    }
  });

  it("may not where it is another stack's; both are named, with both ways out", () => {
    const { problem, actions } = decideOwnership(role(formatOwningStack(other)), stack);
    expect(actions).toEqual([]);
    expect(problem && describeProblem(problem).split("\n")).toEqual([
      'ownership role "berth_team_a" belongs to stack organization/berth/team-a (id fedcba9876543210), and this is stack organization/berth/team.a (id 0123456789abcdef); nothing was changed',
      "    fix: set berth:postgres.ownershipRole to a name that is free",
      `    fix: only if both are one stack, whose passphrase was changed or whose state was lost after it was renamed, run as the admin: COMMENT ON ROLE "berth_team_a" IS 'berth: stack organization/berth/team.a, id 0123456789abcdef'`,
    ]);
  });

  it("may not where it is another stack's of the same name", () => {
    const twin = { ...stack, id: other.id };
    expect(decideOwnership(role(formatOwningStack(twin)), stack).problem?.what).toContain(other.id);
  });

  it("may under a former name or passphrase, which state shows, with one word", () => {
    const renamed = { ...stack, former: ["00000000deadbeef", other.id] };
    expect(decideOwnership(role(formatOwningStack(other)), renamed)).toEqual({
      actions: [toOwnershipComment("berth_team_a", stack)],
      notes: ["stack organization/berth/team-a is called organization/berth/team.a now"],
    });
    const before = { ...stack, id: other.id };
    expect(decideOwnership(role(formatOwningStack(before)), renamed).notes).toEqual([]);
  });

  it("takes one of an earlier version only if its state has used it, or nothing is lost", () => {
    const actions = [toOwnershipComment("berth_team_a", stack)];
    expect(decideOwnership(role(null), { ...stack, unmarked: "berth_team_a" }).actions).toEqual(
      actions,
    );
    expect(decideOwnership(role(null, false), stack).actions).toEqual(actions);
    expect(decideOwnership(role(null), { ...stack, unmarked: "berth_x" }).problem?.what).toMatch(
      /has members and does not say of which stack/,
    );
    expect(decideOwnership(role(null), stack).problem?.fix).toContain(
      `COMMENT ON ROLE "berth_team_a" IS 'berth: stack organization/berth/team.a, id 0123456789abcdef'`,
    );
  });

  it("goes on without an identity, as destroy does with an earlier state, only where none is stated", () => {
    expect(decideOwnership(role(null), undefined).problem).toBeUndefined();
    expect(decideOwnership(role(formatOwningStack(other)), undefined).problem?.what).toMatch(
      /belongs to stack organization\/berth\/team-a, and this run does not know/,
    );
  });
});

describe("a role of another stack", () => {
  const member = (group: string, comment: string | null) =>
    liveRole("shop", { memberships: [{ group, grantor: "admin", comment }], memberOf: [group] });

  it("is known by what the ownership role says, or, of an earlier version, by its name", () => {
    expect(findForeignOwner(member("owners", formatOwningStack(other)), "berth_prod")).toEqual({
      ownershipRole: "owners",
      grantor: "admin",
      stack: other.name,
    });
    expect(findForeignOwner(member("berth_old", null), "berth_prod")?.stack).toBeUndefined();
    expect(findForeignOwner(member("berth_old", null), "berth_prod")?.ownershipRole).toBe(
      "berth_old",
    );
  });

  it("is none for a group that is the stack's own, somebody's, or stated in the entry", () => {
    expect(
      findForeignOwner(member("berth_prod", formatOwningStack(other)), "berth_prod"),
    ).toBeUndefined();
    expect(findForeignOwner(member("readers", null), "berth_prod")).toBeUndefined();
    expect(findForeignOwner(member("berth_x", null), "berth_prod", ["berth_x"])).toBeUndefined();
  });
});

describe("the ownership role of a stack", () => {
  const spec = { postgres: { ownershipRole: "berth_live", stack } };

  it("is the one that carries its identity, under whatever name", () => {
    const found = withOwnershipRole(spec, [
      role(formatOwningStack(stack)),
      role(formatOwningStack(other)),
    ]);
    expect(found.postgres.ownershipRole).toBe("berth_team_a");
  });

  it("is the stack file's own where that carries it, or none does", () => {
    const own = liveRole("berth_live", { comment: formatOwningStack(stack) });
    expect(withOwnershipRole(spec, [role(formatOwningStack(stack)), own])).toBe(spec);
    expect(withOwnershipRole(spec, [role(formatOwningStack(other))])).toBe(spec);
  });
});
