import { commandLine, pulumiLine } from "../../components/command-line.ts";
import type { VaultInsideSpec } from "../../components/config/spec/vault-inside.ts";
import type { StackSpec } from "../../components/config/spec.ts";
import { toOneError } from "../../components/errors.ts";
import { findDifferences } from "../../components/vault/compare.ts";
import type { VaultClient } from "../../components/vault/http/client.ts";
import { VaultError } from "../../components/vault/http/failure.ts";
import { findMount, type Json, toData, type VaultObject } from "../../components/vault/objects.ts";
import { when } from "../../components/when.ts";
import type { Passed } from "./report.ts";

/** What is inside Vault, against the plan. */

export interface NeededObject {
  readonly object: VaultObject;
  /** Others made it: it must be there, and may be as they like. */
  readonly isOthers: boolean;
}

/** `denied` = the token may not read it; undefined = it is not there. */
export type LiveObject = Readonly<Record<string, Json>> | "denied" | undefined;

export async function inspectObjects(
  client: Pick<VaultClient, "read">,
  needed: readonly NeededObject[],
): Promise<ReadonlyMap<string, LiveObject>> {
  const live = new Map<string, LiveObject>();
  for (const { object } of needed) {
    live.set(object.path, await client.read(object.path).catch(whenDenied));
  }
  return live;
}

/** Throws every other error. */
export function whenDenied(error: unknown): "denied" {
  if (error instanceof VaultError && error.kind === "denied") return "denied";
  throw error;
}

/** Compares them. Pure, but for the files that the plan names. */
export function decideObjects(
  { stack, secrets }: Pick<StackSpec, "stack" | "secrets">,
  needed: readonly NeededObject[],
  live: ReadonlyMap<string, LiveObject>,
  readFile: (file: string) => string,
): Passed<undefined> {
  const half = secrets.vault?.inside.half ?? "none";
  const isMissing = ({ object }: NeededObject): boolean => live.get(object.path) === undefined;
  const missing = needed.filter(isMissing);
  const lost = missing.filter(({ isOthers }) => isOthers);
  if (lost.length > 0) throw toOneError("Vault", lost.map(toLost));
  const denied = needed.filter(({ object }) => live.get(object.path) === "denied");
  const different = needed.flatMap(({ object, isOthers }) => {
    const found = live.get(object.path);
    if (isOthers || found === undefined || found === "denied") return [];
    const texts = findDifferences(withoutOpen(toData(object, readFile), object, half), found);
    return texts.length === 0 ? [] : [{ object, text: `${object.path}: ${texts.join(", ")}` }];
  });
  const byFix = Map.groupBy(
    [
      ...different,
      ...missing
        .filter(({ object }) => !isOfRun(object, half))
        .map(({ object }) => ({ object, text: `${object.path} is not there` })),
    ],
    ({ object }) => fixOf(object, half, stack),
  );
  const there = needed.length - missing.length - denied.length;
  const toCome = missing.some(({ object }) => isOfRun(object, half))
    ? `; pulumi up makes the rest`
    : "";
  return {
    detail: `${String(there)} of ${String(needed.length)} are there${toCome}`,
    warnings: [
      ...[...byFix].map(([fix, all]) => ({ detail: all.map(({ text }) => text).join("; "), fix })),
      ...when(denied.length > 0, {
        detail: `the token may not read ${denied.map(({ object }) => object.path).join(", ")}`,
        fix: "export VAULT_TOKEN with a policy that may read them, to have them checked",
      }),
    ],
  };
}

/** Without what the script of `plan --vault` leaves to the administrator: how a mount is, and Vault's own login. */
function withoutOpen(
  data: VaultObject["data"],
  { kind }: VaultObject,
  half: VaultInsideSpec["half"],
): VaultObject["data"] {
  if (half !== "none") return data;
  const isMount = kind === "mount" || kind === "auth";
  const open = isMount ? ["description", "config"] : kind === "connection" ? ["username"] : [];
  return Object.fromEntries(Object.entries(data).filter(([key]) => !open.includes(key)));
}

/** Whether `pulumi up` of this stack makes it. */
function isOfRun({ half }: VaultObject, ofStack: VaultInsideSpec["half"]): boolean {
  return ofStack === "all" || ofStack === half;
}

function fixOf(object: VaultObject, ofStack: VaultInsideSpec["half"], stack: string): string {
  if (isOfRun(object, ofStack)) return `run ${pulumiLine("up", stack)}`;
  if (ofStack === "none") {
    const app = object.app === undefined ? "" : `${object.app} `;
    return `as an administrator of Vault run what this prints: ${commandLine("plan", `${app}--stack ${stack} --vault`)}`;
  }
  return `run pulumi up in the stack that makes the ${object.half} half`;
}

function toLost({ object }: NeededObject) {
  const mount = findMount(object) ?? object.path;
  return {
    at: "berth:secrets.vault.manage.existing",
    what: `berth:secrets.vault.manage.existing has ${mount}, and Vault has no such mount`,
    fix: `take ${mount} out of berth:secrets.vault.manage.existing, or enable it: vault secrets list and vault auth list show what is there`,
  };
}
