import { isMapping } from "../mapping.ts";
import type { Json, VaultData } from "./objects.ts";

/** Keys that Vault shows under another name. */
const shownAs: Readonly<Record<string, string>> = {
  root_rotation_statements: "root_credentials_rotate_statements",
};

/** Keys that say how to write, and are not kept. */
const notKept = new Set(["verify_connection"]);

/** What is longer is not shown. */
const mostShown = 60;

/**
 * How a live object differs from what is planned for it, one text for each key; none = it is as planned. What
 * the plan does not say counts for nothing.
 */
export function findDifferences(wanted: VaultData, live: VaultData): readonly string[] {
  return listDifferent(wanted, live).map((key) => {
    const [is, planned] = [findLive(live, key), wanted[key]].map(show);
    return is === undefined || planned === undefined
      ? `${key} is another`
      : `${key} is ${is}, not ${planned}`;
  });
}

/** The keys of the plan whose live value is another one. */
export function listDifferent(wanted: VaultData, live: VaultData): readonly string[] {
  return Object.entries(wanted).flatMap(([key, value]) => {
    const isOrdered = key.endsWith("_statements");
    return notKept.has(key) || isSame(value, findLive(live, key), isOrdered) ? [] : [key];
  });
}

/** The live value of a key. Of a connection of the database engine Vault shows most in an object of its own. */
export function findLive(live: VaultData, key: string): Json | undefined {
  const details = live["connection_details"];
  return live[shownAs[key] ?? key] ?? (isMapping(details) ? details[key] : undefined);
}

/** Vault shows durations as seconds, a text with commas as a list, and no value for what is empty. */
function isSame(wanted: Json, live: Json | undefined, isOrdered: boolean): boolean {
  if (live === undefined || live === null) return isEmpty(wanted);
  if (Array.isArray(live)) {
    const all = Array.isArray(wanted) ? (wanted as readonly Json[]) : toText(wanted).split(",");
    const sort = (list: readonly Json[]): string[] => {
      const texts = list.map((one) => JSON.stringify(one));
      return isOrdered ? texts : texts.toSorted();
    };
    return JSON.stringify(sort(all)) === JSON.stringify(sort(live as readonly Json[]));
  }
  if (isMapping(live)) {
    return (
      isMapping(wanted) &&
      Object.entries(wanted).every(([key, value]) => isSame(value, live[key], isOrdered))
    );
  }
  if (typeof live === "number") return toSeconds(wanted) === live;
  return toText(wanted).trimEnd() === toText(live).trimEnd();
}

const units: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3600, d: 86_400 };

function toSeconds(value: Json): number | undefined {
  const [, count, unit = "s"] = /^(\d+)([smhd])?$/.exec(toText(value)) ?? [];
  return count === undefined ? undefined : Number(count) * (units[unit] ?? 1);
}

function toText(value: Json): string {
  return typeof value === "string" ? value : JSON.stringify(value);
}

function isEmpty(value: Json): boolean {
  if (Array.isArray(value)) return value.length === 0;
  return value === null || value === "" || value === 0 || value === false;
}

function show(value: Json | undefined): string | undefined {
  if (value === undefined || value === null) return "not set";
  const text = toText(value);
  return text.length > mostShown || text.includes("\n") ? undefined : text;
}
