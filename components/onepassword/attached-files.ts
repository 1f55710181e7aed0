import { didYouMean } from "../closest.ts";
import { toShellWord } from "../command-line.ts";
import { holdLineBreaks } from "../terminal-text.ts";
import type { Item } from "./item.ts";
import { escapeField, type ItemRequest, listSome } from "./item-request.ts";

/** The operators copy a file by its name. Where a field has the same key, the 1Password operator leaves the file out. */
export function findFileProblems(
  at: string,
  file: string,
  { ref, isCopied }: ItemRequest,
  item: Item,
): string[] {
  const names = holdLineBreaks(item.files);
  const edit = `op item edit ${toShellWord(ref.item)} --vault ${toShellWord(ref.vault)}`;
  const found = names.filter((name) => name === file).length;
  if (found === 0) {
    const guess = didYouMean(file, names) || ";";
    return [
      `${at}: no attached file "${file}"${guess} it has ${listSome(names)}\n` +
        `    fix: ${edit} ${toShellWord(`${escapeField(file)}[file]=‹path of the file›`)}`,
    ];
  }
  if (found > 1) {
    return [
      `${at}: ${String(found)} attached files are called "${file}"; it is not clear which one counts\n` +
        `    fix: remove the others in 1Password`,
    ];
  }
  const labels = isCopied === true ? holdLineBreaks(item.labelsOfKey(file)) : [];
  if (labels.length === 0) return [];
  return [
    `${at}: the 1Password operator leaves out the attached file "${file}", because the field "${labels.join('", "')}" has the same key\n` +
      `    fix: remove or relabel the field in 1Password`,
  ];
}
