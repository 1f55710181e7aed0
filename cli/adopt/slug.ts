/** Keys for the stack file, made of names that may hold anything. */

/** What YAML readers, or Pulumi, take for something else than a key. */
const taken = /^(y|n|yes|no|on|off|true|false|null|nan|inf|secure|owner)$/;

/**
 * A key of a-z, 0-9 and `-` for a name, starting with a letter, that no other has. A name without a
 * letter or digit of the Latin script becomes `fallback`.
 *
 * @param isFree Whether a key may be used; asked again with `-2`, `-3`, … until it says yes.
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
