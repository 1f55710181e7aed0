import { readOnePasswordAccess } from "../../components/config/environment.ts";
import { loadStackFromFile, readStackFile } from "../../components/config/load.ts";
import { parseStack } from "../../components/config/parse.ts";
import type { AppEntry } from "../../components/config/schema/stack.ts";
import type { AppSpec, StackSpec } from "../../components/config/spec.ts";
import { toOneError } from "../../components/errors.ts";
import { projectFolder } from "../../components/project-folder.ts";
import { paint, print, printError, printJson } from "../print.ts";
import { toPulumi } from "../pulumi-process.ts";
import { addEntries, formatEntries, replaceFile } from "../stack-file.ts";
import { type AddArgs, completeArgs, findDifferences, toEntry } from "./args.ts";
import { findTerminal } from "./ask.ts";
import { type LoginItem, makeItems } from "./items.ts";
import { inspectValues, type KvValue, makeValues } from "./values.ts";

/** The form of the `--json` output. */
interface Added {
  readonly app: string;
  readonly items: readonly LoginItem[];
  /** Values in Vault's KV engine, without the values. */
  readonly values: readonly KvValue[];
  readonly entry: "added" | "there";
  readonly file: string;
  /** The command that shows what `up` will do. */
  readonly next: string;
}

/**
 * The verb: makes the app's items in 1Password, its values in Vault, and then its entry. The stack file is written last: an item
 * without an entry changes nothing, but an entry without its items stops every preview of the stack.
 */
export async function add(given: AddArgs): Promise<number> {
  const args = await completeArgs(given, given.json ? undefined : findTerminal());
  const draft = draftStack(args);
  const states = await inspectValues(draft.spec, draft.app);
  const items = await makeItems(draft.spec, draft.app, readOnePasswordAccess());
  const values = await makeValues(draft.app, states);
  if (draft.after !== draft.text) {
    replaceFile(draft.target, { before: draft.text, after: draft.after }, (file) => {
      loadStackFromFile(args.stack, projectFolder, file);
    });
  }
  const entry = draft.after === draft.text ? "there" : "added";
  const added = {
    app: args.app,
    items,
    values,
    entry,
    file: draft.target,
    next: toPulumi("preview", args),
  } as const;
  if (args.json) printJson(added);
  else report(added, draft.entry, args.preview);
  for (const warning of draft.spec.warnings) printError(`warning: ${warning}`);
  return 0;
}

interface Draft {
  readonly spec: StackSpec;
  readonly app: AppSpec;
  readonly entry: AppEntry;
  readonly target: string;
  readonly text: string;
  /** The file with the entry; the same text if it has it already. */
  readonly after: string;
}

/** The stack with the entry, checked as `up` does. */
function draftStack(args: AddArgs & { readonly app: string }): Draft {
  const { stack, file, into, app: name } = args;
  const { values } = readStackFile(stack, projectFolder, file);
  const { target, text, values: own } = readStackFile(stack, projectFolder, into ?? file);
  const apps = (own["apps"] ?? {}) as Readonly<Record<string, unknown>>;
  const entry = toEntry(args);
  const isThere = Object.hasOwn(apps, name);
  if (isThere) refuseOther(name, target, findDifferences(entry, apps[name]));
  const all = isThere ? apps : { ...apps, [name]: entry };
  const spec = parseStack(stack, { ...values, apps: all }, into ?? file ?? `Pulumi.${stack}.yaml`);
  const app = spec.apps.find((one) => one.name === name);
  if (app === undefined) throw new Error(`the stack has no app ${name}`);
  const after = isThere ? text : addEntries(text, { [name]: entry });
  return { spec, app, entry, target, text, after };
}

function refuseOther(name: string, file: string, differences: readonly string[]): void {
  if (differences.length === 0) return;
  throw toOneError(
    `app ${name} is in ${file} already, and says something else`,
    differences,
    "edit the entry there; add changes no entry that exists",
  );
}

function report(
  { app, items, values, entry, file, next }: Added,
  written: AppEntry,
  isPreviewShown: boolean,
): void {
  for (const { vault, item, username, state } of items) {
    const what = state === "made" ? "made, with a new password" : "is there";
    print(paint("green", "item".padEnd(6)), ` ${vault}/${item}, username ${username}: ${what}`);
  }
  for (const { secret, key, state } of values) {
    const what = state === "made" ? "made, with a new value" : "is there";
    print(paint("green", "value".padEnd(6)), ` ${secret} in Vault, key ${key}: ${what}`);
  }
  if (entry === "added") {
    print(paint("green", "entry".padEnd(6)), ` added to ${file}:`);
    print(formatEntries({ [app]: written }).trimEnd());
  } else {
    print(paint("green", "entry".padEnd(6)), ` is there: ${file}`);
  }
  const isNew = entry === "added" || [...items, ...values].some(({ state }) => state === "made");
  if (!isNew) print("nothing was changed");
  if (!isPreviewShown) print(`next: ${next}`);
}
