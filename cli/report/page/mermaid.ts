import { toTerminalText } from "../../../components/terminal-text.ts";
import type { StackReport } from "./model.ts";

/** The chains of a stack as a Mermaid flowchart: item, Secret, role, database, Application. */
export function toMermaid({ apps }: StackReport): string {
  const lines = apps.flatMap(({ app, database, roles, applications }, at) => {
    const id = (kind: string, index = 0): string => `a${String(at)}${kind}${String(index)}`;
    const logins = roles.flatMap(({ name, profile, secret }, index) => {
      const role = `${id("r", index)}["${label(name)}<br>${label(profile)}"]`;
      const into = `${role} --> ${id("d")}`;
      if (secret === undefined) return [into];
      const item = `${id("i", index)}(["${label(secret.item)}"])`;
      const made = `${id("s", index)}["Secret ${label(secret.secret)}"]`;
      return [`${item} --> ${made}`, `${id("s", index)} --> ${into}`];
    });
    const started = applications.map(
      (name, index) => `${id("d")} --> ${id("p", index)}["Application ${label(name)}"]`,
    );
    return [
      `  subgraph ${id("g")}["${label(app)}"]`,
      ...[`${id("d")}[("${label(database)}")]`, ...logins, ...started].map((line) => `    ${line}`),
      "  end",
    ];
  });
  return `${["flowchart LR", ...lines].join("\n")}\n`;
}

/** Everything but letters, digits and a few signs as an entity, which Mermaid shows and does not read. */
function label(text: string): string {
  return toTerminalText(text).replaceAll(
    /[^\p{L}\p{N} _./-]/gu,
    (sign) => `#${String(sign.codePointAt(0))};`,
  );
}
