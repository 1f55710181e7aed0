/**
 * The first line of every file that Berth writes. Only this line says that a file is Berth's: it is there
 * even if a run was killed before it could save its state, and it stays with the file in Git.
 */
export function formatHeader(owner: string): string {
  return `# Managed by Berth (${owner}). Changes made here are undone by the next pulumi up.\n`;
}

const HEADER =
  /^# Managed by Berth \((.*)\)\. Changes made here are undone by the next pulumi up\.\r?\n/;

/** The owner in the header and the text below it; undefined = the file has no header. */
export function parseManifest(
  text: string,
): { readonly owner: string; readonly content: string } | undefined {
  const match = HEADER.exec(text);
  if (match === null) return undefined;
  return { owner: match[1] ?? "", content: text.slice(match[0].length) };
}

/**
 * The part of an owner before the first comma, `stack prod` in `stack prod, app netbox`. Only this part is
 * compared, so a file may move from one app of a stack to another.
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
 * another stack is always refused, because two stacks would undo each other's work for ever.
 */
export function findOverwriteProblem(request: OverwriteRequest): string | undefined {
  const { text, owners, isInState, adopt } = request;
  if (text === undefined || adopt || isOwnedBy(text, owners)) return undefined;
  const other = parseManifest(text);
  if (other !== undefined) return `belongs to another stack (${other.owner.slice(0, 120)})`;
  return isInState ? undefined : "exists and was not written by Berth";
}
