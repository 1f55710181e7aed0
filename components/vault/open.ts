import * as pulumi from "@pulumi/pulumi";
import { isOffline, readVaultEnvironment } from "../config/environment.ts";
import type { VaultSpec } from "../config/spec/secrets.ts";
import type { StackSpec } from "../config/spec.ts";
import { toOneError } from "../errors.ts";
import { findForeign, findUnready, type GuardFacts } from "./guard.ts";
import { readVaultAccess, toVaultPlace } from "./http/access.ts";
import { createVaultClient, type VaultClient } from "./http/client.ts";
import { VaultError } from "./http/failure.ts";
import { inspectVault } from "./inspect.ts";
import type { VaultObject } from "./objects.ts";
import { planManaged } from "./plan.ts";

/** What a run makes inside Vault, compared with what is there. */
export interface ComparedVault {
  /** The stack whose apps the objects are for. */
  readonly spec: StackSpec;
  readonly vault: VaultSpec;
  readonly objects: readonly VaultObject[];
  /** Paths of the objects that are there already. */
  readonly made: ReadonlySet<string>;
}

/** Throws if something is there that the stack did not make. */
export async function compareVault(stack: StackSpec): Promise<ComparedVault> {
  const spec = stack.vaultFor ?? stack;
  const { vault } = spec.secrets;
  if (vault === undefined) throw new Error("a stack that makes objects in Vault names it");
  const objects = planManaged(stack);
  const reason = pulumi.runtime.isDryRun() ? toReason() : undefined;
  if (reason !== undefined) return { spec, vault, objects, made: notCompared(reason) };
  try {
    const access = readVaultAccess(toVaultPlace(vault));
    const facts = await inspectFacts(spec, objects, createVaultClient(access));
    const isCentral = objects.some(({ half }) => half === "central");
    const problems = [
      ...findForeign(objects, facts),
      ...(isCentral ? [] : findUnready(objects, facts)),
    ];
    if (problems.length > 0)
      throw toOneError(`Vault at ${access.address} is not changed`, problems);
    return { spec, vault, objects, made: new Set(facts.found.keys()) };
  } catch (error) {
    const isAway = error instanceof VaultError && error.kind === "unreachable";
    if (!pulumi.runtime.isDryRun() || !isAway) throw error;
    return { spec, vault, objects, made: notCompared(error.message) };
  }
}

async function inspectFacts(
  { apps, postgres }: StackSpec,
  objects: readonly VaultObject[],
  client: VaultClient,
): Promise<GuardFacts> {
  const { stack } = postgres;
  if (stack === undefined) throw new Error("a stack that runs has an identity");
  const owners = apps.filter(({ name }) => objects.some(({ app }) => app === name));
  const policies = new Map(
    owners.flatMap(({ name, vault }) =>
      vault === undefined ? [] : [[name, vault.policy] as const],
    ),
  );
  const adopting = new Set(owners.filter(({ vault }) => vault?.adopt).map(({ name }) => name));
  const found = await inspectVault(client, objects, [...policies.values()]);
  return { stack, adopting, policies, found };
}

/** Why a preview does not look into Vault; undefined = it does. */
function toReason(): string | undefined {
  if (isOffline()) return "BERTH_OFFLINE=true";
  return readVaultEnvironment().token === undefined ? "VAULT_TOKEN is not set" : undefined;
}

function notCompared(reason: string): ReadonlySet<string> {
  void pulumi.log.warn(`what is in Vault is not compared with the plan: ${reason}`);
  return new Set();
}
