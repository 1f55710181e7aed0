/** Values of the placeholders in a chart's values, by the name between `${` and `}`. */
export interface Placeholders {
  /** Name of the owner role. */
  readonly role: string;
  readonly database: string;
  /** Secret with the owner's credential, keys `username` and `password`. */
  readonly secret: string;
  /** Host name under which pods reach the server. */
  readonly host: string;
  readonly port: number;
}

/** Values with their placeholders replaced. */
export interface FilledValues {
  readonly values: Readonly<Record<string, unknown>>;
  /** One line for each unknown placeholder, with the path of the value. */
  readonly problems: readonly string[];
}

/**
 * Replaces `${role}`, `${database}`, `${secret}`, `${host}` and `${port}` in the strings of a chart's
 * values, so a stack file does not repeat these names. A value that is exactly `${port}` becomes a number.
 * `$${…}` stands for a literal `${…}`. Keys are not changed.
 */
export function fillPlaceholders(
  values: Readonly<Record<string, unknown>>,
  placeholders: Placeholders,
): FilledValues {
  const problems: string[] = [];
  const known = new Map<string, string | number>(Object.entries(placeholders));

  const fillText = (text: string, path: string): string | number => {
    if (text === "${port}") return placeholders.port;
    return text.replaceAll(/(\$?)\$\{([^{}]*)\}/g, (whole, escape: string, name: string) => {
      if (escape !== "") return whole.slice(1);
      const value = known.get(name);
      if (value !== undefined) return String(value);
      const names = [...known.keys()].map((key) => `\${${key}}`).join(", ");
      problems.push(
        `${path}: unknown placeholder \${${name}}; allowed are ${names}; write $\${${name}} for the text itself`,
      );
      return whole;
    });
  };
  const fill = (value: unknown, path: string): unknown => {
    if (typeof value === "string") return fillText(value, path);
    if (Array.isArray(value)) {
      return value.map((entry: unknown, index) => fill(entry, `${path}[${String(index)}]`));
    }
    return isRecord(value) ? fillRecord(value, `${path}.`) : value;
  };
  const fillRecord = (
    record: Readonly<Record<string, unknown>>,
    prefix: string,
  ): Record<string, unknown> =>
    Object.fromEntries(
      Object.entries(record).map(([key, value]) => [key, fill(value, prefix + key)]),
    );

  return { values: fillRecord(values, ""), problems };
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null;
}
