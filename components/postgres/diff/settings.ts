import type { SettingsByName } from "../../config/schema/postgres/settings.ts";
import { toLiveSettings } from "../catalog/settings.ts";

/** What to set and what to reset. */
export interface SettingsDecision {
  readonly set: readonly (readonly [name: string, value: string])[];
  readonly reset: readonly string[];
}

/**
 * Compares settings. Only those of the entry are compared, and those that Berth has set before.
 *
 * @param live `name=value`, as the catalog has them.
 * @param former Names that the entry had before.
 */
export function decideSettings(
  wanted: SettingsByName,
  live: readonly string[],
  former: readonly string[],
): SettingsDecision {
  const found = toLiveSettings(live);
  return {
    set: Object.entries(wanted).filter(([name, value]) => found.get(name) !== value),
    reset: former.filter((name) => !Object.hasOwn(wanted, name) && found.has(name)),
  };
}
