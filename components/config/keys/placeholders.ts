/** A text in parts: literal text, and the names of its placeholders. */
export type TextPart = string | { readonly placeholder: string };

/** Splits at `${…}`. `$${…}` stands for the text `${…}`. */
export function splitPlaceholders(text: string): readonly TextPart[] {
  const parts: TextPart[] = [];
  let end = 0;
  for (const { 0: whole, 1: escape, 2: name = "", index } of text.matchAll(
    /(\$?)\$\{([^{}]*)\}/g,
  )) {
    parts.push(text.slice(end, index), escape === "" ? { placeholder: name } : whole.slice(1));
    end = index + whole.length;
  }
  parts.push(text.slice(end));
  return parts.filter((part) => part !== "");
}

export function unknownPlaceholder(name: string, known: readonly string[]): string {
  const names = known.map((one) => `\${${one}}`).join(", ");
  return `unknown placeholder \${${name}}; allowed are ${names}; write $\${${name}} for the text itself`;
}
