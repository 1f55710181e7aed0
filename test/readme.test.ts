import { existsSync, readdirSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { parseStack } from "../components/config/parse.ts";
import { type PlannedGrant, planDatabase } from "../components/postgres/plan.ts";

/** The README names only what a test runs. */

const readme = readFileSync(new URL("../README.md", import.meta.url), "utf8");

/** Command of the README → the test that runs it. */
const runBy: Readonly<Record<string, string>> = {
  "npm start": "engine/start.test.ts",
  "npm test": "../.ci/run",
  "npm run verify -- --stack dev": "engine/start.test.ts",
  "npm run verify -- --stack dev --json": "engine/start.test.ts",
  "npm run pulumi -- preview": "engine/start.test.ts",
  "npm start -- --stop": "engine/start.test.ts",
  "npm start -- --down": "engine/start.test.ts",
  // What run.mjs does in a fresh clone.
  "npm ci": "engine/start.test.ts",
  "npm run plan -- --stack prod": "cli/plan.test.ts",
  "npm run report -- --stack prod": "cli/report.test.ts",
  "pulumi import berth:postgres:AppDatabase wiki wiki --stack prod": "engine/import.test.ts",
  // On the sandbox's stack, which is the same command with another name.
  "pulumi preview --stack prod": "engine/main-job.test.ts",
  "pulumi up --stack prod": "engine/main-job.test.ts",
  "npm run verify -- --stack prod": "engine/start.test.ts",
  "npm run doctor -- --stack prod": "engine/doctor.test.ts",
  "npm run adopt -- --stack prod": "engine/adopt.test.ts",
  "npm run adopt -- --stack prod --write": "engine/adopt.test.ts",
  "npm run rotate -- --stack prod --app wiki": "engine/rotate.test.ts",
};

describe("README", () => {
  it("has only commands that a test runs", () => {
    const blocks = [...readme.matchAll(/```sh\n([\s\S]*?)```/g)].map(([, block]) => block ?? "");
    const commands = blocks.flatMap((block) => block.trim().split("\n"));
    expect([...new Set(commands)].toSorted()).toEqual(Object.keys(runBy).toSorted());
    for (const file of Object.values(runBy)) {
      expect(readFileSync(new URL(file, import.meta.url), "utf8")).not.toBe("");
    }
  });

  it("has a table of profiles that is the plan's", () => {
    const roles = { a: { profile: "readonly" }, b: { profile: "readwrite" } };
    const spec = parseStack("readme", {
      postgres: { endpoint: { direct: { host: "localhost" } } },
      onepassword: { vault: "v" },
      apps: { app: { roles } },
    });
    const [app] = spec.apps;
    if (app === undefined) throw new Error("the stack has no app");
    const plan = planDatabase(app, spec.postgres);
    for (const role of plan.roles.filter(({ profile }) => profile !== "owner")) {
      const cell = (type: PlannedGrant["on"]["type"]): string =>
        plan.grants
          .filter((grant) => grant.grantee === role.name && grant.on.type === type)
          .flatMap((grant) => grant.privileges)
          .join(", ");
      const cells = (["database", "schema", "table", "sequence"] as const).map(cell);
      expect(readme).toContain(`| \`${role.profile}\` | ${cells.join(" | ")} |`);
    }
  });

  it("links only to what is there, and maps every folder", () => {
    const links = [...readme.matchAll(/\]\((?!https?:)([^)]+)\)/g)].map(([, link]) => link ?? "");
    for (const link of links) {
      expect(existsSync(new URL(`../${link}`, import.meta.url)), link).toBe(true);
    }
    const folders = readdirSync(new URL("..", import.meta.url), { withFileTypes: true })
      .filter((entry) => entry.isDirectory() && !entry.name.startsWith("."))
      .map((entry) => entry.name)
      .filter((name) => !["node_modules", "components", "coverage"].includes(name));
    for (const folder of folders) expect(readme).toContain(`](${folder})`);
  });
});
