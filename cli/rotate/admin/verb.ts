import { readOnePasswordAccess } from "../../../components/config/environment.ts";
import { listStacks } from "../../../components/config/list-stacks.ts";
import { loadStackFromFile } from "../../../components/config/load.ts";
import type { StackSpec } from "../../../components/config/spec.ts";
import { loadIdentifiedStack } from "../../../components/engine/stack-identity.ts";
import { itemPath } from "../../../components/onepassword/item.ts";
import { nextPassword } from "../../../components/onepassword/write/stage-password.ts";
import { withServer } from "../../../components/postgres/server/reach.ts";
import { hiddenVerifiers, toStatement } from "../../../components/postgres/statements/sql.ts";
import { projectFolder } from "../../../components/project-folder.ts";
import { sortUnique } from "../../../components/sort.ts";
import type { StackArgs } from "../../define-verb.ts";
import { print, printJson, printStep as say } from "../../print.ts";
import { changeAdmin } from "./change.ts";
import { type AdminState, inspectAdmin } from "./inspect.ts";

interface AdminArgs extends StackArgs {
  /** Say what it would do, and change nothing. */
  readonly preview: boolean;
  readonly json: boolean;
}

/** What was rotated; the form of the `--json` output. */
interface AdminRotation {
  readonly role: string;
  readonly item: string;
  /** What it does, or in a preview would do, in order. */
  readonly steps: readonly string[];
  /** Whether an earlier rotation was interrupted. */
  readonly resumed: boolean;
  readonly rotated: boolean;
  /** Stacks of this project that name the same item. */
  readonly stacks: readonly string[];
}

/** `rotate --admin`: a new password for the role that Berth itself logs in as. */
export async function rotateAdmin({ stack, file, preview, json }: AdminArgs): Promise<number> {
  const spec = loadIdentifiedStack(stack, projectFolder, file);
  const access = readOnePasswordAccess();
  return await withServer(spec.postgres, async (target) => {
    const context = { spec, access, target, say };
    const state = await inspectAdmin(context);
    const { username: role } = state.current;
    const item = itemPath(spec.postgres.admin);
    const steps = describeSteps(item, state);
    for (const step of steps) say("plan", step);
    const stacks = findStacks(spec);
    say("plan", whoElse(role, stacks));
    if (!preview) await changeAdmin(context, state);
    const resumed = state.step !== "stage";
    const rotation: AdminRotation = { role, item, steps, resumed, rotated: !preview, stacks };
    if (json) printJson(rotation);
    else
      print(
        preview ? "not rotated: nothing was changed" : `rotated: admin role ${role}, in ${item}`,
      );
    return 0;
  });
}

/** Pure. */
export function describeSteps(item: string, { current, step }: AdminState): readonly string[] {
  const { username: role } = current;
  const field = `field "${nextPassword}"`;
  const change = { kind: "set-password", path: "", role, key: "" } as const;
  const steps = [
    `${item} gets a new password in its ${field}, which nothing reads; its password stays`,
    `on the server: ${toStatement(change, hiddenVerifiers)}; and a login with that new password`,
    `${item} gets it as its password, and loses that field`,
  ];
  return steps.slice({ stage: 0, set: 1, take: 2 }[step]);
}

function whoElse(role: string, stacks: readonly string[]): string {
  return `everything that logs in as ${role} needs the new password. These stacks name the item and read it in their next run: ${stacks.join(", ")}; stacks of other projects may, too. A run in progress may fail. Copies of the password elsewhere do not change`;
}

/** Stacks of this project with the same item. One whose file has mistakes is left out. */
function findStacks({ stack, postgres: { admin } }: StackSpec): readonly string[] {
  const others = listStacks().filter((name) => {
    try {
      const other = loadStackFromFile(name, projectFolder).postgres.admin;
      return other.vault === admin.vault && other.item === admin.item;
    } catch {
      return false;
    }
  });
  return sortUnique([stack, ...others]);
}
