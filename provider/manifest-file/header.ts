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
 * the stack in `stack prod, app netbox`. Two apps of one stack may hand a file over to each other.
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
 * stack's header is refused even then: two stacks would undo each other's work for ever.
 */
export function findOverwriteProblem(request: OverwriteRequest): string | undefined {
  const { text, owners, isInState, adopt } = request;
  if (text === undefined || adopt || isOwnedBy(text, owners)) return undefined;
  const other = parseManifest(text);
  if (other !== undefined) return `belongs to another stack (${other.owner.slice(0, 120)})`;
  return isInState ? undefined : "exists and was not written by Berth";
}
