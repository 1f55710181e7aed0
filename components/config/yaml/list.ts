/** Text that YAML reads as it stands, in any version. */
const plain = /^(?!(?:true|false|null|yes|no|on|off|y|n)$)[a-z_$][\w$.-]*$/i;

/** Names as a YAML list that can be pasted. */
export function toYamlList(names: readonly string[]): string {
  const shown = names.map((name) => (plain.test(name) ? name : JSON.stringify(name)));
  return `[${shown.join(", ")}]`;
}
