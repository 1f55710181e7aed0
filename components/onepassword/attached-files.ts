import { didYouMean } from "../closest.ts";
import { toShellWord } from "../command-line.ts";
import type { Problem } from "../errors.ts";
import { holdLineBreaks } from "../terminal-text.ts";
import type { Item } from "./item.ts";
import { editCommand, escapeField, type ItemRequest, listSome } from "./item-request.ts";

/** The operators copy a file by its name. Where a field has the same key, the 1Password operator leaves the file out. */
export function findFileProblems(
  at: string,
  file: string,
  { ref, isCopied }: ItemRequest,
  item: Item,
): Problem[] {
  const names = holdLineBreaks(item.files);
  const found = names.filter((name) => name === file).length;
  if (found === 0) {
    const guess = didYouMean(file, names) || ";";
    const what = `${at}: no attached file "${file}"${guess} it has ${listSome(names)}`;
    const field = toShellWord(`${escapeField(file)}[file]=‹path of the file›`);
    return [{ what, fix: `${editCommand(ref)} ${field}` }];
  }
  if (found > 1) {
    const what = `${at}: ${String(found)} attached files are called "${file}"; it is not clear which one counts`;
    return [{ what, fix: "remove the others in 1Password" }];
  }
  const labels = isCopied === true ? holdLineBreaks(item.labelsOfKey(file)) : [];
  if (labels.length === 0) return [];
  const what = `${at}: the 1Password operator leaves out the attached file "${file}", because the field "${labels.join('", "')}" has the same key`;
  return [{ what, fix: "remove or relabel the field in 1Password" }];
}
