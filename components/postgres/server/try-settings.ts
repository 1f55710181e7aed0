import { type Client, DatabaseError } from "pg";
import type { DatabasePlan } from "../plan/plan.ts";
import {
  listTried,
  type RefusedSetting,
  refusedCode,
  toSettingsTrial,
} from "../statements/try-settings.ts";

/** The settings and locales of a plan that the server refuses. It changes nothing. */
export async function trySettings(
  client: Client,
  plan: DatabasePlan,
): Promise<readonly RefusedSetting[]> {
  const all = listTried(plan);
  if (all.length === 0) return [];
  try {
    await client.query(toSettingsTrial(all));
    return [];
  } catch (error) {
    if (!(error instanceof DatabaseError) || error.code !== refusedCode) throw error;
    return JSON.parse(error.message) as RefusedSetting[];
  }
}
