import { execFileSync } from "node:child_process";
import {
  Item,
  type ItemField,
  ItemReadError,
  type ReadItem,
} from "../../../components/onepassword/item.ts";

/** Items of one vault, and so much of `op item` as the printed commands use. */
export class FakeOp {
  readonly items = new Map<string, readonly ItemField[]>();
  /** Names of the files that are attached to an item. */
  readonly files = new Map<string, readonly string[]>();

  readonly read: ReadItem = ({ item }) => {
    const fields = this.items.get(item);
    return fields === undefined
      ? Promise.reject(new ItemReadError("missing item", "Found 0 item(s)"))
      : Promise.resolve(new Item("v", item, fields, { files: this.files.get(item) ?? [] }));
  };

  /** Runs the command that a fix begins with, or has after "or". */
  run(fix: string): void {
    const [command = ""] = /op item .*/.exec(fix) ?? [];
    const [, , verb, ...words] = wordsOf(command.replace(/, or give .*/, ""));
    const options = words.filter((word) => word.startsWith("--"));
    const title = verb === "edit" ? words[0] : words[words.indexOf("--title") + 1];
    if (title === undefined || (verb === "edit" && !this.items.has(title)))
      throw new Error(`no such item: ${command}`);
    const assignments = words.filter((word) => /^[^-].*(=|\[delete\]$)/.test(word));
    const isGenerated = options.some((one) => one.startsWith("--generate-password"));
    const all = [...assignments, ...(isGenerated ? ["password=generated"] : [])].map(parse);
    const attached = all.filter(({ type }) => type === "file").map(({ label }) => label);
    this.files.set(title, [...(this.files.get(title) ?? []), ...attached]);
    const fields = all.filter(({ type }) => type !== "file");
    this.items.set(title, fields.reduce(assign, this.items.get(title) ?? []));
  }
}

/** The words that a shell makes of a command. */
export function wordsOf(command: string): readonly string[] {
  const script = `for word in ${command}; do printf '%s\\n' "$word"; done`;
  return execFileSync("sh", ["-c", script], { encoding: "utf8" }).trimEnd().split("\n");
}

/** A field, and what becomes of it. */
interface Assignment extends ItemField {
  readonly type: string | undefined;
}

/** `[section.]field[[type]][=value]`, where a backslash takes the meaning of the next sign away. */
function parse(text: string): Assignment {
  const [, place = "", type, value = ""] =
    /^((?:\\.|[^\\=[])*)(?:\[(\w+)\])?(?:=(.*))?$/.exec(text) ?? [];
  const names = (place.match(/(?:\\.|[^\\.])+/g) ?? []).map((name) =>
    name.replaceAll(/\\(.)/g, "$1"),
  );
  const [label = "", section = ""] = names.toReversed();
  return { label, section, value, type };
}

function assign(
  fields: readonly ItemField[],
  { type, label, section, value }: Assignment,
): readonly ItemField[] {
  const others = fields.filter((one) => one.label !== label || one.section !== section);
  return type === "delete" ? others : [...others, { label, section, value }];
}
