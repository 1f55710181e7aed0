import { writeFileSync } from "node:fs";
import path from "node:path";
import { describe, expect, test } from "vitest";
import { loadStackFromFile } from "../../components/config/load.ts";
import { useFolder } from "../fakes/folder.ts";
import { collectFixes } from "../fixes/collect.ts";
import { ofTables } from "../fixes/elsewhere.ts";

/**
 * Each fix that is printed for a mistake in a stack file is done as it says, and then the file is accepted. The
 * message of any other mistake says what is allowed, and has no fix. Fixes of the server's problems are tried in
 * test/provider/app-database/fixes.
 */

const folder = useFolder("fixes");

const head = `config:
  berth:postgres: { endpoint: { direct: { host: db } }, tls: { mode: disable } }
  berth:onepassword: { vault: Coachlight }
`;
const apps = (text: string): string => `${head}  berth:apps: { wiki: ${text} }\n`;
const helm = (more: string): string =>
  apps(`{ workload: { helm: { repoURL: r, chart: c, version: "1", ${more} } } }`);

interface Row {
  /** How the fix begins. */
  readonly fix: string;
  readonly when: string;
  readonly text: string;
  /** What is done with the fix. */
  readonly edit: (text: string, fix: string) => string;
  /** Pulumi.yaml. */
  readonly project?: string;
}

const rows: readonly Row[] = [
  {
    fix: "write ",
    when: "a word of YAML 1.1 is in Helm's values",
    text: helm("values: { enabled: no }"),
    edit: (text, fix) => text.replace("no }", `${/write (\w+)/.exec(fix)?.[1] ?? ""} }`),
  },
  {
    fix: "write ",
    when: "a role is its profile",
    text: apps("{ roles: { ro: readonly } }"),
    edit: (text, fix) => text.replace("ro: readonly", /write (.*)$/.exec(fix)?.[1] ?? ""),
  },
  {
    fix: "put it in quotes",
    when: "a date is a text",
    text: helm("values: { since: 2026-01-01 }"),
    edit: (text) => text.replace("2026-01-01", '"2026-01-01"'),
  },
  {
    fix: "put it in quotes",
    when: "a number is a text",
    text: apps("{ namespace: 12 }"),
    edit: (text) => text.replace("12", '"12"'),
  },
  {
    fix: "put it in quotes",
    when: "a number has too many digits",
    text: helm("values: { id: 123456789012345678901 }"),
    edit: (text) => text.replace(/\d{21}/, '"$&"'),
  },
  ...["postgres", "onepassword", "apps"].map((section) => ({
    fix: "add berth:",
    when: `${section} is missing`,
    text: apps("{}").replace(new RegExp(`^  berth:${section}:.*\\n`, "m"), ""),
    edit: (text: string, fix: string) =>
      `${text}  ${fix.replace("add ", "").replace("‹vault›", "Coachlight")}\n`,
  })),
  {
    fix: "set berth:secrets.vault.manage.database",
    when: "nobody says with which login Vault connects",
    text: `${apps("{ credentials: vault, vault: { restart: [] } }")}  berth:secrets: { vault: { address: "http://vault:8200", manage: {} } }\n`,
    edit: (text, fix) => {
      const [, database = ""] = /database: (.*)$/.exec(fix) ?? [];
      return text.replace(
        "manage: {}",
        `manage: { database: ${database.replace("‹item›", "vault")} }`,
      );
    },
  },
  {
    fix: "take it out of the URL",
    when: "a URL has a password",
    text: apps("{ workload: { git: { repoURL: 'https://bot:canary@example.org/g', path: p } } }"),
    edit: (text) => text.replace("bot:canary@", ""),
  },
  {
    fix: "put it into a 1Password item",
    when: "a value is secret",
    text: helm("values: { key: { secure: AAABAcanary } }"),
    edit: () =>
      apps(
        '{ workload: { helm: { repoURL: r, chart: c, version: "1" } }, secrets: { key: [token] } }',
      ),
  },
  {
    fix: "put it into a 1Password item",
    when: "Pulumi.yaml makes it secret",
    text: apps("{}"),
    project:
      "name: berth\nruntime: nodejs\nconfig:\n  berth:metadata: { value: {}, secret: true }\n",
    edit: (text) => text,
  },
];

/** What the file is refused with; empty = it is accepted. */
function load(text: string, project = "name: berth\nruntime: nodejs\n"): string {
  writeFileSync(path.join(folder, "Pulumi.yaml"), project);
  writeFileSync(path.join(folder, "Pulumi.prod.yaml"), text);
  try {
    loadStackFromFile("prod", folder);
    return "";
  } catch (error) {
    return String(error);
  }
}

describe("a fix", () => {
  test.each(rows)("helps: $fix, where $when", ({ fix: begin, text, edit, project }) => {
    const refused = load(text, project);
    const [, fix = ""] = /\n {4}fix: (.*)/.exec(refused) ?? [];
    expect(fix.startsWith(begin), refused).toBe(true);
    expect(refused).not.toContain("canary");
    expect(load(edit(text, fix), project?.replace(", secret: true", ""))).toBe("");
  });
});

test("the table has each fix of components/config", () => {
  const own = ofTables.filter(([, test]) => test === "config/fixes.test.ts");
  const fixes = collectFixes().filter(({ file }) => own.some(([of]) => file.startsWith(of)));
  expect(fixes.length).toBeGreaterThan(5);
  const isTried = (text: string): boolean => {
    const [begin = ""] = text.split("…");
    return rows.some(({ fix }) => fix.startsWith(begin) || begin.startsWith(fix));
  };
  expect(fixes.filter(({ text }) => !isTried(text))).toEqual([]);
});
