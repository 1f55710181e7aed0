import type { StackConfig } from "./schema.ts";
import type { StackSpec } from "./spec.ts";

/** What the keys about HashiCorp Vault say together that cannot be had, each with its key path. */
export function findVaultProblems({ apps, secrets }: StackSpec, config: StackConfig): string[] {
  const at = (app: string): string => `berth:apps.${app}`;
  const users = apps.filter((app) => app.vault !== undefined).map(({ name }) => name);
  const idle = apps
    .filter(({ name, vault }) => vault === undefined && config.apps[name]?.vault !== undefined)
    .map(({ name }) => `${at(name)}.vault: nothing of the app comes from Vault; leave it out`);
  return secrets.vault === undefined && users.length > 0
    ? [
        `berth:secrets.vault: missing; ${users.map(at).join(", ")} need it: address, to make a VaultConnection, or the connection that exists`,
        ...idle,
      ]
    : idle;
}
