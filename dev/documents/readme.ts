import { readFileSync, writeFileSync } from "node:fs";
import { parseStack } from "../../components/config/parse.ts";
import { presetNames, presets } from "../../components/config/presets/presets.ts";
import { objectTypes } from "../../components/config/privileges.ts";
import { planDatabase } from "../../components/postgres/plan/plan.ts";
import { commandReference } from "./commands.ts";
import {
  healthText,
  listFiles,
  showExample,
  showFile,
  showRights,
  showUnlisted,
} from "./delivery-examples.ts";
import { floorTable, growthTable, restTable, scaleTable, stacksTable } from "./measured.ts";
import { problemTable } from "./problem-table.ts";
import { drawInnerRooms, drawRooms } from "./room-picture.ts";
import { stackFileReference } from "./stack-file-reference.ts";
import { toTable } from "./table.ts";

/** Parts of the documentation that are made from code. `npm run readme` writes them. */

interface MadePart {
  /** The code that it is made from. */
  readonly from: string;
  readonly show: () => string;
}

const example = (name: Parameters<typeof showExample>[0]): MadePart => ({
  from: "the manifests",
  show: () => showExample(name),
});

/** By file and by the name in the part's two comments. */
export const madeParts: Readonly<Record<string, Readonly<Record<string, MadePart>>>> = {
  "docs/commands.md": { verbs: { from: "cli/commands", show: commandReference } },
  "docs/entry.md": { profiles: { from: "the plan", show: profileTable } },
  "docs/charts.md": { charts: { from: "components/config/presets", show: presetTable } },
  "docs/troubleshooting.md": { problems: { from: "the rules", show: problemTable } },
  "CONTRIBUTING.md": {
    rooms: { from: ".rooms.mjs", show: drawRooms },
    "inner rooms": { from: ".rooms.mjs", show: drawInnerRooms },
  },
  "docs/delivery/argocd.md": {
    "an app": example("app"),
    "two stacks": example("two stacks"),
    projects: example("projects"),
    parent: example("parent"),
    "set of applications": example("set"),
  },
  "docs/delivery/flux.md": {
    kustomizations: example("flux"),
    secrets: example("none"),
  },
  "docs/delivery/git.md": {
    files: { from: "the manifests", show: listFiles },
    "an app": example("git"),
  },
  "docs/delivery/cluster.md": { objects: example("cluster") },
  "docs/delivery/repository.md": {
    "below the root": example("repository"),
    "a file": { from: "the manifests", show: showFile },
    "a warning": { from: "the rules", show: showUnlisted },
  },
  "docs/delivery/primary.md": {
    rights: { from: "the cluster of the tests", show: showRights },
    "by labels": example("primary"),
  },
  "docs/performance.md": {
    floors: { from: "docs/measured.json", show: floorTable },
    growth: { from: "docs/measured.json", show: growthTable },
    rest: { from: "docs/measured.json", show: restTable },
  },
  "docs/scale.md": {
    stacks: { from: "docs/measured.json", show: stacksTable },
    simulation: { from: "docs/measured.json", show: scaleTable },
  },
  "docs/delivery/health.md": { checks: { from: "the health checks", show: healthText } },
  // Last: its examples are from the other pages.
  "docs/stack-file.md": { keys: { from: "the schema", show: stackFileReference } },
};

const headings = {
  database: "database",
  schema: "the app's schemas",
  table: "tables, also later ones",
  sequence: "sequences, also later ones",
  function: "functions, also later ones",
} as const;

/** A table with the privileges of each profile, without privileges of a role's own. */
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
      return [`\`${profile}\``, ...cells];
    });
  });
  const types = objectTypes.map((type) => headings[type]);
  const owner = ["`owner`", "owns it", "owns them", ...types.slice(2).map(() => "all")];
  return toTable(["profile", ...types], [owner, ...rows]);
}

function presetTable(): string {
  const rows = presetNames.map((name) => {
    const { chart, repoURL, seen, versions, source } = presets[name];
    const cells = [`\`${name}\``, `\`${chart}\``, `\`${repoURL}\``, `\`${versions}\``];
    return [...cells, `[${seen}](${source})`];
  });
  return toTable(["preset", "chart", "repository", "versions", "facts from"], rows);
}

/** The document with its generated parts, each between its two comments. */
export function withMadeParts(file: string, text: string): string {
  return Object.entries(madeParts[file] ?? {}).reduce((result, [name, { from, show }]) => {
    const begin = `<!-- ${name}: made from ${from} by npm run readme -->\n`;
    const start = result.indexOf(begin);
    const stop = result.indexOf(`<!-- ${name}: end -->\n`);
    if (start === -1 || stop < start)
      throw new Error(`${file} no longer has the comments around its ${name}`);
    return `${result.slice(0, start)}${begin}\n${show()}\n\n${result.slice(stop)}`;
  }, text);
}

if (process.argv.includes("--write")) {
  for (const file of Object.keys(madeParts)) {
    const url = new URL(`../../${file}`, import.meta.url);
    writeFileSync(url, withMadeParts(file, readFileSync(url, "utf8")));
  }
}
