/** How a value is written inside a text. Each has the same result here and in the Go templates of the operators. */
export const encodings = ["plain", "url", "pgpass", "conninfo", "json"] as const;
export type Encoding = (typeof encodings)[number];

/** What `${password:url}` and the others mean, for messages. */
export const encodingMeaning: Readonly<Record<Encoding, string>> = {
  plain: "as it is",
  url: "percent-encoded",
  pgpass: "for a line of .pgpass",
  conninfo: "in quotes, for host=… password=…",
  json: "as a JSON string, also valid in YAML",
};

/**
 * All but unreserved characters (RFC 3986 section 2.3), as Go's `url.QueryEscape` does. A space becomes `%20`: in
 * a user name or password a `+` is a plus.
 */
export function percentEncode(text: string): string {
  return encodeURIComponent(text).replaceAll(
    /[!'()*]/g,
    (sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}

export const encode: Readonly<Record<Encoding, (text: string) => string>> = {
  plain: (text) => text,
  url: percentEncode,
  pgpass: (text) => text.replaceAll(/[\\:]/g, String.raw`\$&`),
  conninfo: (text) => `'${text.replaceAll(/[\\']/g, String.raw`\$&`)}'`,
  json: (text) => JSON.stringify(text),
};

/** The same in a Go template that has sprig's functions: what stands before, behind and around the value. */
export const goEncoding: Readonly<Record<Encoding, GoEncoding>> = {
  plain: { pipe: "" },
  url: { pipe: ` | urlquery | replace "+" "%20"` },
  pgpass: { pipe: String.raw` | replace "\\" "\\\\" | replace ":" "\\:"` },
  conninfo: { pipe: String.raw` | replace "\\" "\\\\" | replace "'" "\\'"`, quote: "'" },
  json: { pipe: " | toRawJson" },
};

interface GoEncoding {
  /** Further steps of the pipeline. */
  readonly pipe: string;
  /** Around the value. */
  readonly quote?: string;
}
