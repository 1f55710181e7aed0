import { readOnePasswordAccess } from "../../components/config/environment.ts";
import { loadStackFromFile, readStackFile } from "../../components/config/load.ts";
import { parseStack } from "../../components/config/parse.ts";
import type { AppEntry } from "../../components/config/schema/stack.ts";
import { describeItem } from "../../components/config/spec/item.ts";
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

/** The stack file is written last: an entry without its items stops every preview of the stack. */
export async function add(given: AddArgs): Promise<number> {
  const args = await completeArgs(given, given.json ? undefined : findTerminal());
  const draft = draftStack(args);
  const { spec, app, target, before, after } = draft;
  const states = await inspectValues(spec, app);
  const items = await makeItems(spec, app, readOnePasswordAccess());
  const values = await makeValues(app, states);
  const entry = after === before ? "there" : "added";
  if (entry === "added") {
    replaceFile(target, { before, after }, (file) => {
      loadStackFromFile(args.stack, projectFolder, file);
    });
  }
  const next = toPulumi("preview", args);
  const added = { app: args.app, items, values, entry, file: target, next } as const;
  if (args.json) printJson(added);
  else report(added, draft.entry, args.preview);
  for (const warning of spec.warnings) printError(`warning: ${warning}`);
  return 0;
}

/** The stack with the entry, checked as `up` does, and the file with it: the same text if it has it already. */
function draftStack(args: AddArgs & { readonly app: string }) {
  const { stack, file, into, app: name } = args;
  const { values } = readStackFile(stack, projectFolder, file);
  const { target, text: before, values: own } = readStackFile(stack, projectFolder, into ?? file);
  const apps = (own["apps"] ?? {}) as Readonly<Record<string, unknown>>;
  const entry = toEntry(args);
  const isThere = Object.hasOwn(apps, name);
  const differences = isThere ? findDifferences(entry, apps[name]) : [];
  if (differences.length > 0) {
    throw toOneError(
      `app ${name} is in ${target} already, with other values`,
      differences.map((what) => ({ what })),
      "edit the entry there; add changes no entry that exists",
    );
  }
  const all = isThere ? apps : { ...apps, [name]: entry };
  const spec = parseStack(stack, { ...values, apps: all }, into ?? file ?? `Pulumi.${stack}.yaml`);
  const app = spec.apps.find((one) => one.name === name);
  if (app === undefined) throw new Error(`the stack has no app ${name}`);
  const after = isThere ? before : addEntries(before, { [name]: entry });
  return { spec, app, entry, target, before, after };
}

function report(
  { app, items, values, entry, file, next }: Added,
  written: AppEntry,
  isPreviewShown: boolean,
): void {
  const line = (kind: string, text: string): void => {
    print(paint("green", kind.padEnd(6)), ` ${text}`);
  };
  for (const { username, state, ...item } of items) {
    const what = state === "made" ? "made, with a new password" : "is there";
    line("item", `${describeItem(item)}, username ${username}: ${what}`);
  }
  for (const { secret, key, state } of values) {
    const what = state === "made" ? "made, with a new value" : "is there";
    line("value", `${secret} in Vault, key ${key}: ${what}`);
  }
  line("entry", entry === "added" ? `added to ${file}:` : `is there: ${file}`);
  if (entry === "added") print(formatEntries({ [app]: written }).trimEnd());
  const isNew = entry === "added" || [...items, ...values].some(({ state }) => state === "made");
  if (!isNew) print("nothing was changed");
  if (!isPreviewShown) print(`next: ${next}`);
}
