import { problemCodes, problemTexts } from "../../components/postgres/rules/problem.ts";
import { toTable } from "./table.ts";

/** A table of what Berth finds on a server, and of what an app is refused for. */
export function problemTable(): string {
  const rows = problemCodes.map((code) => {
    const { seen, means, fix } = problemTexts[code];
    return [`\`${code}\``, seen.map((text) => `\`${text}\``).join(", "), means, fix];
  });
  return toTable(["rule", "the message has", "it means", "what to do"], rows);
}
