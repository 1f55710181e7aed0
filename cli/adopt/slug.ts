/** Makes keys of the stack file from names with any characters. */

/** Words that mean something else to YAML, Pulumi or Berth. */
const taken = /^(y|n|yes|no|on|off|true|false|null|nan|inf|secure|owner)$/;

/**
 * A free key for a name: a-z, 0-9 and `-`, with a letter first. A name without a Latin letter or digit becomes
 * `fallback`.
 *
 * @param isFree Whether a key may be used. It is called again with `-2`, `-3`, … until it answers true.
 */
export function toKey(
  name: string,
  options: {
    readonly longest: number;
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
