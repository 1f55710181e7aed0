/**
 * The first line of every file Berth writes. It is the only mark that a file is ours: it outlives a
 * run that died before it could record the file in state, and it travels with the file through Git.
 */
export function formatHeader(owner: string): string {
  return `# Managed by Berth (${owner}). Changes made here are undone by the next pulumi up.\n`;
}

const HEADER =
  /^# Managed by Berth \((.*)\)\. Changes made here are undone by the next pulumi up\.\r?\n/;

/** The owner that the header names and the text below it; undefined = the file has no header. */
export function parseManifest(
  text: string,
): { readonly owner: string; readonly content: string } | undefined {
  const match = HEADER.exec(text);
  if (match === null) return undefined;
  return { owner: match[1] ?? "", content: text.slice(match[0].length) };
}

/**
 * The part of an owner that decides whose file it is: what stands before the first comma, which is
 * the stack and its identity in `stack prod 0123456789abcdef, app netbox`. Two apps of one stack may hand
 * a file over to each other.
 */
function toStack(owner: string): string {
  return (owner.split(",")[0] ?? "").trim();
}

/** Whether a file with this text was written for one of these owners. */
export function isOwnedBy(text: string, owners: readonly string[]): boolean {
  const manifest = parseManifest(text);
  return manifest !== undefined && owners.map(toStack).includes(toStack(manifest.owner));
}

/** What is asked of a file that already stands where Berth wants to write. */
export interface OverwriteRequest {
  /** The file's text; undefined = there is no file. */
  readonly text: string | undefined;
  /** What is to stand below the header; undefined = not known yet. */
  readonly content: string | undefined;
  /** The owner wanted now and, for a resource in state, the one recorded. */
  readonly owners: readonly string[];
  /** State says that this resource wrote the file. */
  readonly isInState: boolean;
  readonly adopt: boolean;
}

/**
 * Why a file must not be overwritten; undefined = go on.
 *
 * A file in state that lost its header was edited by hand and is put right. A file with another
 * stack's header is refused even then: two stacks would undo each other's work for ever. A header of an
 * earlier version names a stack without its identity: it is this stack's for one that state knows, or
 * where nothing but the header changes.
 */
export function findOverwriteProblem(request: OverwriteRequest): string | undefined {
  const { text, content, owners, isInState, adopt } = request;
  if (text === undefined || adopt || isOwnedBy(text, owners)) return undefined;
  const other = parseManifest(text);
  if (other === undefined) return isInState ? undefined : "exists and was not written by Berth";
  const isEarlier = isOwnedBy(text, owners.map(withoutIdentity));
  if (isEarlier && (isInState || other.content === content)) return undefined;
  const shown = other.owner.slice(0, 120);
  return isEarlier
    ? `was written by an earlier version of Berth for a stack of this name (${shown}), and may be another stack's`
    : `belongs to another stack (${shown})`;
}

/** `stack prod 0123456789abcdef, app netbox` as an earlier version wrote it. */
function withoutIdentity(owner: string): string {
  return toStack(owner).replace(/ [0-9a-f]{16}$/, "");
}
