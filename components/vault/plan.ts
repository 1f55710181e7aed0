import type { VaultInsideSpec } from "../config/spec/vault-inside.ts";
import type { AppSpec, StackSpec, VaultApp } from "../config/spec.ts";
import { type VaultObject, vaultKinds } from "./objects.ts";
import { planApp } from "./plan/app.ts";
import { planShared } from "./plan/shared.ts";

/**
 * All objects inside Vault that a stack needs, except what others made, in the order in which they are made. `pulumi
 * up`, the script of `plan --vault`, `doctor` and `report` take them from here.
 */
export function planVault(
  spec: StackSpec,
  apps: readonly AppSpec[] = spec.apps,
): readonly VaultObject[] {
  const { vault } = spec.secrets;
  const users = apps.filter((app): app is VaultApp => app.vault !== undefined);
  if (vault === undefined) return [];
  const stack = { spec, vault, apps: users };
  const all = [...planShared(stack), ...users.flatMap((app) => planApp(stack, app))];
  return all
    .filter((object) => !isOfExisting(object, vault.inside))
    .toSorted((a, b) => vaultKinds.indexOf(a.kind) - vaultKinds.indexOf(b.kind));
}

/** Those that `pulumi up` makes for this stack. */
export function planManaged(spec: StackSpec): readonly VaultObject[] {
  const half = spec.secrets.vault?.inside.half ?? "none";
  if (half === "none") return [];
  return planVault(spec.vaultFor ?? spec).filter(
    (object) => half === "all" || object.half === half,
  );
}

/** Mount and config of others stay as they are. */
function isOfExisting({ kind, path }: VaultObject, { existing }: VaultInsideSpec): boolean {
  const mounts = existing.flatMap((mount) =>
    mount.startsWith("auth/") ? [`sys/${mount}`, `${mount}/config`] : [`sys/mounts/${mount}`],
  );
  return kind !== "connection" && mounts.includes(path);
}
