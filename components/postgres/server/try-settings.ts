import { type Client, DatabaseError } from "pg";
import type { DatabasePlan } from "../plan/plan.ts";
import { type RefusedSetting, refusedCode, toSettingsTrial } from "../statements/try-settings.ts";

/** The settings of a plan that the server refuses. It changes nothing. */
export async function trySettings(
  client: Client,
  { roles, database }: DatabasePlan,
): Promise<readonly RefusedSetting[]> {
  const all = [database, ...roles].map(({ settings }) => settings);
  if (all.every((settings) => Object.keys(settings).length === 0)) return [];
  try {
    await client.query(toSettingsTrial(all));
    return [];
  } catch (error) {
    if (!(error instanceof DatabaseError) || error.code !== refusedCode) throw error;
    return JSON.parse(error.message) as RefusedSetting[];
  }
}
