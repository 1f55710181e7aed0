import { roleName } from "../../components/config/derive/names.ts";

/** Makes keys of the stack file from names with any characters. */

/** Words that mean something else to YAML, Pulumi or Berth. */
const taken = /^(y|n|yes|no|on|off|true|false|null|nan|inf|secure|owner)$/;

/** A free name for a new role: what an entry of this name would call it. */
export function toFreeRole(name: string, isFree: (role: string) => boolean): string {
  const isFreeKey = (key: string): boolean => isFree(roleName(key));
  return roleName(toKey(name, { longest: 40, fallback: "app", isFree: isFreeKey }));
}

/** A free key for a name: a-z, 0-9 and `-`, a letter first, and `-2`, `-3`, … behind it until `isFree` answers true. */
export function toKey(
  name: string,
  options: {
    readonly longest: number;
    /** For a name without a Latin letter or digit. */
    readonly fallback: string;
    readonly isFree: (key: string) => boolean;
  },
): string {
  const { longest, fallback, isFree } = options;
  const plain = name
    .normalize("NFKD")
    .replaceAll(/\p{M}/gu, "")
    .replaceAll("ß", "ss")
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, "-")
    .replaceAll(/^-+|-+$/g, "");
  const named = plain === "" ? fallback : plain;
  const key = /^[a-z]/.test(named) && !taken.test(named) ? named : `${fallback}-${named}`;
  for (let count = 1; ; count += 1) {
    const suffix = count === 1 ? "" : `-${String(count)}`;
    const candidate = `${key.slice(0, longest - suffix.length).replace(/-+$/, "")}${suffix}`;
    if (isFree(candidate)) return candidate;
  }
}
