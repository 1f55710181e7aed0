import type { SettingsByName } from "../../config/schema/postgres/settings.ts";
import { toLiveSettings } from "../catalog/settings.ts";
import type { Action, Altered } from "../statements/actions.ts";

/** Sets what the entry has, resets what only the `former` one had, and leaves all others as they are. */
export function decideSettings(
  { path, ...on }: { readonly path: string } & Altered,
  wanted: SettingsByName,
  live: readonly string[],
  former: readonly string[],
): Action[] {
  const found = toLiveSettings(live);
  const set = Object.entries(wanted).filter(([name, value]) => found.get(name) !== value);
  const reset = former.filter((name) => !Object.hasOwn(wanted, name) && found.has(name));
  const at = (name: string) => ({ path: `${path}.${name}`, ...on, name });
  return [
    ...set.map(([name, value]): Action => ({ kind: "set-setting", ...at(name), value })),
    ...reset.map((name): Action => ({ kind: "reset-setting", ...at(name) })),
  ];
}
