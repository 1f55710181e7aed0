import { type Environment, type OnePasswordAccess, readOnePasswordAccess } from "./environment.ts";
import type { StackSpec } from "./spec.ts";

/**
 * Which plugins of Pulumi's registry a stack needs. Most stacks need none: Berth's own provider makes roles,
 * databases and manifest files, and Connect is read without a plugin.
 */

/** The name of a plugin is that of its package in type tokens and in the state. */
export type PluginName = "onepassword" | "postgresql" | "kubernetes" | "vault";

export function findPlugins(spec: StackSpec, env: Environment): PluginName[] {
  const needs: Readonly<Record<PluginName, boolean>> = {
    onepassword: mayReadThroughProvider(env, spec),
    postgresql: spec.apps.some((app) => app.provisioner === "postgresql"),
    kubernetes: appliesManifests(spec),
    vault: managesVault(spec),
  };
  return (Object.keys(needs) as PluginName[]).filter((name) => needs[name]);
}

/** An environment that does not say how to reach 1Password fails the run before it needs a plugin. */
function mayReadThroughProvider(env: Environment, spec: StackSpec): boolean {
  try {
    return readsThroughProvider(readOnePasswordAccess(env), spec);
  } catch {
    return false;
  }
}

/** Only Connect has a client of its own in Berth. */
export function readsThroughProvider(
  access: OnePasswordAccess,
  { throughProvider }: Pick<StackSpec, "throughProvider">,
): boolean {
  return access.kind !== "connect" || throughProvider;
}

export function appliesManifests({ cluster, gitops, apps }: StackSpec): boolean {
  if (cluster === undefined) return false;
  return gitops === undefined || apps.some(({ delivery }) => delivery === "cluster");
}

export function managesVault({ secrets }: Pick<StackSpec, "secrets">): boolean {
  return (secrets.vault?.inside.half ?? "none") !== "none";
}
