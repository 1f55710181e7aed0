import { isSameYaml } from "./same-yaml.ts";

/**
 * The first line of every file that Berth writes. Only this line says that a file is Berth's: it is there
 * even if a run was killed before it could save its state, and it stays with the file in Git.
 */
export function formatHeader(owner: string): string {
  return `# Managed by Berth (${owner}). Changes made here are undone by the next pulumi up.\n`;
}

const HEADER =
  /^# Managed by Berth \((.*)\)\. Changes made here are undone by the next pulumi up\.$/;

/** What formatters put above it: comments, empty lines, and the start of the document. */
const ABOVE = /^(?:#.*|---\s*|%YAML.*|\s*)$/;

/**
 * The owner in the header and the text around it; undefined = the file has no header above its first key.
 */
export function parseManifest(
  text: string,
): { readonly owner: string; readonly content: string } | undefined {
  const lines = text.replace(/^\uFEFF/, "").split(/(?<=\n)/);
  const first = lines.findIndex((line) => !ABOVE.test(line.trimEnd()));
  const above = first === -1 ? lines : lines.slice(0, first);
  const at = above.findIndex((line) => HEADER.test(line.trimEnd()));
  if (at === -1) return undefined;
  const [, owner = ""] = HEADER.exec(above[at]?.trimEnd() ?? "") ?? [];
  return { owner, content: [...above.slice(0, at), ...lines.slice(at + 1)].join("") };
}

/**
 * Whether a file says what Berth wrote: the same owner and the same documents. Git and formatters change line
 * endings, comments, quotes, indentation and the `---` before the first document, and Berth leaves that alone.
 */
export function isSameManifest(
  text: string | undefined,
  wanted: { readonly owner: string; readonly content: string },
): boolean {
  const found = text === undefined ? undefined : parseManifest(text);
  return found?.owner === wanted.owner && isSameYaml(found.content, wanted.content);
}

/**
 * The part of an owner before the first comma: the stack and its identity, `stack prod 0123456789abcdef` in
 * `stack prod 0123456789abcdef, app netbox`. Only this part is compared, so a file may move from one app of a
 * stack to another.
 */
function toStack(owner: string): string {
  return (owner.split(",")[0] ?? "").trim();
}

/** Whether a file with this text was written for one of these owners. */
export function isOwnedBy(text: string, owners: readonly string[]): boolean {
  const manifest = parseManifest(text);
  return manifest !== undefined && owners.map(toStack).includes(toStack(manifest.owner));
}

/** A write to a path that may have a file already. */
export interface OverwriteRequest {
  /** The file's text; undefined = there is no file. */
  readonly text: string | undefined;
  /** The wanted text below the header; undefined = not known yet. */
  readonly content: string | undefined;
  /** The wanted owner and, for a resource in state, the one in state. */
  readonly owners: readonly string[];
  /** Whether state says that this resource wrote the file. */
  readonly isInState: boolean;
  readonly adopt: boolean;
}

/**
 * Why a file must not be overwritten; undefined = it may be.
 *
 * A file in state without a header was edited by hand, and is overwritten. A file with the header of
 * another stack is always refused, because two stacks would undo each other's work for ever. A header of an
 * earlier version names a stack without its identity: it counts as this stack's if the file is in state, or if
 * nothing but the header changes.
 */
export function findOverwriteProblem(request: OverwriteRequest): string | undefined {
  const { text, content, owners, isInState, adopt } = request;
  if (text === undefined || adopt || isOwnedBy(text, owners)) return undefined;
  const other = parseManifest(text);
  if (other === undefined) return isInState ? undefined : "exists and was not written by Berth";
  const isEarlier = isOwnedBy(text, owners.map(withoutIdentity));
  if (isEarlier && (isInState || (content !== undefined && isSameYaml(other.content, content))))
    return undefined;
  const shown = other.owner.slice(0, 120);
  return isEarlier
    ? `was written by an earlier version of Berth for a stack of this name (${shown}), and may be another stack's`
    : `belongs to another stack (${shown})`;
}

/** `stack prod 0123456789abcdef, app netbox` as an earlier version wrote it. */
function withoutIdentity(owner: string): string {
  return toStack(owner).replace(/ [0-9a-f]{16}$/, "");
}
