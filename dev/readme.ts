import { readFileSync, writeFileSync } from "node:fs";
import { parseStack } from "../components/config/parse.ts";
import { objectTypes } from "../components/config/privileges.ts";
import { planDatabase } from "../components/postgres/plan/plan.ts";

/** The README's table of profiles, made from the plan: `npm run readme` writes it. */

const file = new URL("../README.md", import.meta.url);
const begin = "<!-- profiles: made from the plan by npm run readme -->\n";
const end = "<!-- profiles: end -->\n";

const headings = {
  database: "database",
  schema: "the app's schemas",
  table: "tables, also later ones",
  sequence: "sequences, also later ones",
  function: "functions, also later ones",
} as const;

/** What each profile gives, a row a profile, without privileges of the role's own. */
export function profileTable(): string {
  const roles = { readonly: { profile: "readonly" }, readwrite: { profile: "readwrite" } };
  const spec = parseStack("readme", {
    postgres: { endpoint: { direct: { host: "localhost" } } },
    onepassword: { vault: "vault" },
    apps: { app: { roles } },
  });
  const rows = spec.apps.flatMap((app) => {
    const plan = planDatabase(app, spec.postgres);
    const others = plan.roles.filter(({ name }) => name !== plan.database.owner);
    return others.map(({ name, profile }) => {
      const cells = objectTypes.map((type) => {
        const own = plan.grants.filter(({ grantee, on }) => grantee === name && on.type === type);
        return own.flatMap(({ privileges }) => privileges).join(", ") || "–";
      });
      return toRow([`\`${profile}\``, ...cells]);
    });
  });
  const types = objectTypes.map((type) => headings[type]);
  return [
    toRow(["profile", ...types]),
    `|${"---|".repeat(types.length + 1)}`,
    toRow(["`owner`", "owns it", "owns them", ...types.slice(2).map(() => "all")]),
    ...rows,
  ].join("\n");
}

function toRow(cells: readonly string[]): string {
  return `| ${cells.join(" | ")} |`;
}

/** The README with the table as it is now between its two marks. */
export function withProfileTable(readme: string): string {
  const start = readme.indexOf(begin);
  const stop = readme.indexOf(end);
  if (start === -1 || stop < start) throw new Error("README.md has lost the marks of its profiles");
  return `${readme.slice(0, start)}${begin}\n${profileTable()}\n\n${readme.slice(stop)}`;
}

if (process.argv.includes("--write")) {
  writeFileSync(file, withProfileTable(readFileSync(file, "utf8")));
}
