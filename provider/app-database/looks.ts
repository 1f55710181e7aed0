import { isDeepStrictEqual } from "node:util";
import type { InsideFacts, Inspection } from "./inspect.ts";
import type { Wanted } from "./request.ts";

/**
 * What one call has read inside an app's database, for the next call about that app. The engine compares what it has
 * refreshed, and previews what it has compared.
 */
export class Looks {
  readonly #kept = new Map<string, { wanted: Wanted; inside: InsideFacts }>();

  keep(urn: string, wanted: Wanted, { inside }: Inspection): void {
    if (inside !== undefined) this.#kept.set(urn, { wanted, inside });
  }

  /** Once, and only if both calls want the same; undefined = look into the database. */
  take(urn: string, { plan, context }: Wanted): InsideFacts | undefined {
    const look = this.#kept.get(urn);
    this.#kept.delete(urn);
    if (look === undefined) return undefined;
    const before = look.wanted;
    const isSame =
      isDeepStrictEqual(before.plan, plan) &&
      isDeepStrictEqual(before.context.formerRoles, context.formerRoles);
    return isSame ? look.inside : undefined;
  }
}
