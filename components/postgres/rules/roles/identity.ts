import { escapeIdentifier } from "pg";
import type { PostgresSpec, StackIdentity } from "../../../config/spec/postgres.ts";
import { joinFixes } from "../../../errors.ts";
import { holdLineBreaks, releaseLineBreaks } from "../../../terminal-text.ts";
import type { LiveRole } from "../../catalog/catalog.ts";
import type { PlannedRole } from "../../plan/plan.ts";
import type { Action } from "../../statements/actions.ts";
import { showStatement } from "../../statements/sql.ts";
import type { AppProblem, PostgresProblem } from "../problem.ts";

/** A line in the comment of an ownership role names the stack that it belongs to. Pure. */

/** The stack that an ownership role's comment names. */
export type OwningStack = Pick<StackIdentity, "id" | "name">;

/** Strict, because messages show both parts, and any role with CREATEROLE can write such a line. */
export const owningLine = "^berth: stack ([A-Za-z0-9_./-]{1,200}), id ([0-9a-f]{16})$";
const line = new RegExp(owningLine, "m");

/** undefined = no such line: an earlier version made the role, or somebody made it by hand. */
export function parseOwningStack(comment: string | null | undefined): OwningStack | undefined {
  const [, name, id] = line.exec(releaseLineBreaks(comment ?? "")) ?? [];
  return name === undefined || id === undefined ? undefined : { name, id };
}

export function formatOwningStack({ name, id }: OwningStack): string {
  return `berth: stack ${name}, id ${id}`;
}

/** Writes the stack's comment on the ownership role. Other lines of its comment stay. */
export function toOwnershipComment(
  role: string,
  stack: StackIdentity,
  comment: string | null = null,
): Action {
  const own = formatOwningStack(stack);
  const kept = releaseLineBreaks(comment ?? "").trim();
  const text = line.test(kept) ? kept.replace(line, own) : [kept, own].filter(Boolean).join("\n");
  return { kind: "comment-ownership-role", path: "roles", role, comment: holdLineBreaks(text) };
}

/** A role that a stack wants to use as its ownership role. */
type Candidate = Pick<LiveRole, "name" | "comment" | "hasMembers">;

export interface OwnershipDecision {
  /** Why not. */
  readonly problem?: PostgresProblem;
  /** Writes the stack's comment if it is missing or has changed. */
  readonly actions: readonly Action[];
  /** What the operator should know. */
  readonly notes: readonly string[];
}

const asItIs = { actions: [], notes: [] } as const;

/**
 * Decides by identity alone: neither a name nor an empty state proves anything. A role without a stack's comment
 * is from an earlier version. It is used only if it has no members, or if this stack's state has used it.
 *
 * @param role undefined = it does not exist, and the stack creates it.
 */
export function decideOwnership(
  role: Candidate | undefined,
  stack: StackIdentity | undefined,
): OwnershipDecision {
  if (role === undefined) return asItIs;
  const owner = parseOwningStack(role.comment);
  if (stack === undefined) {
    return owner === undefined
      ? asItIs
      : { ...asItIs, problem: describeUnknownStack(role.name, owner) };
  }
  const actions = [toOwnershipComment(role.name, stack, role.comment)];
  if (owner === undefined) {
    if (!role.hasMembers || stack.unmarked === role.name) return { actions, notes: [] };
    return { ...asItIs, problem: describeWithoutStack(role, stack) };
  }
  if (owner.id === stack.id) return owner.name === stack.name ? asItIs : { actions, notes: [] };
  if (stack.former?.includes(owner.id) !== true) {
    return { ...asItIs, problem: describeForeign(role, owner, stack) };
  }
  const renamed =
    owner.name === stack.name ? [] : [`stack ${owner.name} is called ${stack.name} now`];
  return { actions, notes: renamed };
}

const free = "set berth:postgres.ownershipRole to a name that is free";

const at = "berth:postgres.ownershipRole";

function describeUnknownStack(role: string, { name }: OwningStack): PostgresProblem {
  return {
    code: "stack-unknown",
    at,
    what: `ownership role "${role}" belongs to stack ${name}, and this run does not know which stack it is for; nothing was changed`,
    fix: "run pulumi up, which says what is missing; then run the same command again",
  };
}

function describeForeign(
  role: Candidate,
  owner: OwningStack,
  stack: StackIdentity,
): PostgresProblem {
  const handOver = `only if both are one stack, whose passphrase was changed or whose state was lost after it was renamed, run as the admin: ${toHandOver(role, stack)}`;
  return {
    code: "ownership-role-of-other-stack",
    at,
    what: `ownership role "${role.name}" belongs to stack ${owner.name} (id ${owner.id}), and this is stack ${stack.name} (id ${stack.id}); nothing was changed`,
    fix: joinFixes(free, handOver),
  };
}

function describeWithoutStack(role: Candidate, stack: StackIdentity): PostgresProblem {
  const comment = `if this stack made it, pulumi up adds that to the role's comment, as long as it has the stack's state; if the state is lost, run as the admin: ${toHandOver(role, stack)}`;
  return {
    code: "ownership-role-without-stack",
    at,
    what: `ownership role "${role.name}" has members and does not say of which stack: an earlier version of Berth made it; nothing was changed`,
    fix: joinFixes(`if another stack made it, ${free}`, comment),
  };
}

function toHandOver(role: Candidate, stack: StackIdentity): string {
  return showStatement(toOwnershipComment(role.name, stack, role.comment));
}

/** The other stack that a role belongs to, because it is a member of that stack's ownership role. */
export interface ForeignOwner {
  readonly ownershipRole: string;
  /** The role that granted the membership. */
  readonly grantor: string;
  /** undefined = the ownership role has no stack's comment. */
  readonly stack: string | undefined;
}

/**
 * Finds another stack that a role belongs to. Without a stack's comment an ownership role is known by its name, unless
 * the entry lists it as a group.
 */
export function findForeignOwner(
  live: Pick<LiveRole, "memberships">,
  ownershipRole: string,
  wanted: readonly string[] = [],
): ForeignOwner | undefined {
  const others = live.memberships.filter(({ group }) => group !== ownershipRole);
  const found =
    others.find(({ comment }) => parseOwningStack(comment) !== undefined) ??
    others.find(({ group }) => group.startsWith("berth_") && !wanted.includes(group));
  if (found === undefined) return undefined;
  const { group, grantor, comment } = found;
  return { ownershipRole: group, grantor, stack: parseOwningStack(comment)?.name };
}

/** Why a role of another stack is not adopted, not even with `adopt: true`. */
export function describeForeignOwner(
  { key, name }: Pick<PlannedRole, "key" | "name">,
  app: string,
  { ownershipRole, grantor, stack }: ForeignOwner,
): AppProblem {
  const id = escapeIdentifier;
  const whose = stack === undefined ? "another stack" : `stack ${stack}`;
  const revoke = `REVOKE ${id(ownershipRole)} FROM ${id(name)} GRANTED BY ${id(grantor)}`;
  return {
    code: "role-of-other-stack",
    app,
    at: `roles.${key}`,
    what: `role "${name}" exists and was made by ${whose}: it is a member of that stack's ownership role "${ownershipRole}"`,
    fix: joinFixes(
      `if that is this stack under a former name, set berth:postgres.ownershipRole to "${ownershipRole}"`,
      `if that stack has given it up, run as the admin: ${revoke}; then set berth:apps.${app}.adopt to true`,
    ),
  };
}

/** A stack with the ownership role that it has on the server: after a rename, the former name. */
export function withOwnershipRole<
  T extends { readonly postgres: Pick<PostgresSpec, "ownershipRole" | "stack"> },
>(spec: T, roles: Iterable<Pick<LiveRole, "name" | "comment">>): T {
  const { ownershipRole, stack } = spec.postgres;
  if (stack === undefined) return spec;
  const own = [...roles].filter(({ comment }) => parseOwningStack(comment)?.id === stack.id);
  const [first] = own;
  if (first === undefined || own.some(({ name }) => name === ownershipRole)) return spec;
  return { ...spec, postgres: { ...spec.postgres, ownershipRole: first.name } };
}
