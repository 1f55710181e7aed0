import { escapeIdentifier } from "pg";
import { rolePath } from "../../config/derive/names.ts";
import type { SettingsByName } from "../../config/schema/postgres/settings.ts";
import { joinFixes } from "../../errors.ts";
import type { ServerFacts } from "../catalog/catalog.ts";
import { showValue, toLiveSettings } from "../catalog/settings.ts";
import type { DatabasePlan } from "../plan/plan.ts";
import { settingName } from "../statements/sql.ts";
import type { RefusedSetting } from "../statements/try-settings.ts";
import type { AppProblem } from "./problem.ts";

/** Settings of an entry that the server refuses. Pure. */
export function findSettingProblems(
  { app, database, roles }: DatabasePlan,
  refused: readonly RefusedSetting[],
  server: ServerFacts,
): AppProblem[] {
  const places = [
    { at: "database", settings: database.settings },
    // The logins of an owner have its settings.
    ...roles
      .filter(({ setRole }) => setRole === undefined)
      .map(({ key, settings }) => ({ at: rolePath(key), settings })),
  ];
  return places.flatMap(({ at, settings }) =>
    refused
      .filter(({ name, value }) => settings[name] === value)
      .map((one) => {
        const remove = `take it out of berth:apps.${app}.${at}.settings`;
        const mayBeGiven = one.code === "42501" && server.versionNumber >= 150_000;
        return {
          code: "setting-refused",
          app,
          at: `${at}.settings.${one.name}`,
          what: `the server refuses ${one.name} = ${JSON.stringify(one.value)}: ${one.reason}`,
          fix: mayBeGiven
            ? joinFixes(`as a superuser run: ${toGrant(one.name, server)}`, remove)
            : remove,
        } as const;
      }),
  );
}

function toGrant(name: string, { admin }: ServerFacts): string {
  return `GRANT SET ON PARAMETER ${settingName(name)} TO ${escapeIdentifier(admin)}`;
}

export function describeSettings(
  wanted: SettingsByName,
  settings: readonly string[] = [],
): string[] {
  const live = toLiveSettings(settings);
  return Object.entries(wanted)
    .filter(([name, value]) => live.get(name) !== value)
    .map(([name, value]) => {
      const found = live.get(name);
      return `${name} ${found === undefined ? "(default)" : showValue(name, found)} becomes ${value}`;
    });
}
