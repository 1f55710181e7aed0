import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { execa } from "execa";
import { describe, expect, it } from "vitest";
import { projectFolder } from "../../../components/project-folder.ts";
import { bareEnv, berth } from "../berth.ts";

/** `plan` on the example stack, with an environment that knows no 1Password, no cluster and no home. */

const options = { cwd: projectFolder, env: bareEnv, extendEnv: false, reject: false } as const;

const plan = (...args: readonly string[]) => berth(["plan", "--stack", "prod", ...args]);

describe("plan", () => {
  it("prints the statements of each app, and how many there are", async () => {
    const args = ["run", "--silent", "plan", "--", "--stack", "prod"];
    const { exitCode, stdout, stderr } = await execa("npm", args, options);
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: "" });
    const lines = stdout.split("\n");
    expect(lines[0]).toBe(
      "-- app basketball: database basketball, roles basketball (owner), admin_app (readwrite)",
    );
    expect(lines).toContain(
      `CREATE ROLE "netbox" LOGIN VALID UNTIL 'infinity' PASSWORD '‹verifier›';`,
    );
    expect(lines.filter((line) => line.includes('CREATE ROLE "berth_prod"'))).toHaveLength(1);
    const statements = lines.filter((line) => line.endsWith(";"));
    expect(lines.at(-1)).toContain(`planned: 2 apps, ${String(statements.length)} statements`);
  });

  it("keeps a comment on its line, whatever a name holds", async () => {
    const folder = mkdtempSync(path.join(tmpdir(), "berth-plan-"));
    const file = path.join(folder, "Pulumi.prod.yaml");
    const text = readFileSync(path.join(projectFolder, "Pulumi.prod.yaml"), "utf8");
    const entry = 'shop: { owner: { name: "x\\rDROP ROLE paperless;" } }';
    writeFileSync(file, text.replace("  berth:apps:\n", `  berth:apps:\n    ${entry}\n`));
    const { exitCode, stdout } = await plan("--app", "shop", "--config-file", file);
    rmSync(folder, { recursive: true });
    expect(exitCode).toBe(0);
    expect(stdout.split("\n")[0]).toBe(
      "-- app shop: database shop, roles x\\u000dDROP ROLE paperless; (owner)",
    );
  });

  it("prints one app as JSON: the plan and the same statements", async () => {
    const words = await plan("--app", "netbox");
    const { exitCode, stdout } = await plan("--app", "netbox", "--json");
    expect(exitCode).toBe(0);
    const { stack, apps } = JSON.parse(stdout) as {
      stack: string;
      apps: { app: string; plan: { database: { owner: string } }; statements: string[] }[];
    };
    expect(stack).toBe("prod");
    expect(apps.map(({ app, plan }) => [app, plan.database.owner])).toEqual([["netbox", "netbox"]]);
    const statements = words.stdout.split("\n").filter((line) => line.endsWith(";"));
    expect(apps[0]?.statements.map((statement) => `${statement};`)).toEqual(statements);
  });

  it("names the apps there are when asked for another", async () => {
    const { exitCode, stdout, stderr } = await plan("--app", "wiki");
    expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: "" });
    expect(stderr).toContain('stack prod has no app "wiki"; its apps are basketball, netbox');
  });

  it("prints a psql script for one app, and not as JSON as well", async () => {
    const { exitCode, stdout } = await plan("--app", "netbox", "--sql");
    expect(exitCode).toBe(0);
    expect(stdout).toMatch(/^-- App netbox/);
    expect(stdout).toContain("BERTH_VERIFIER_OWNER");
    expect(stdout.split("\n").at(-1)).toBe("\\echo app netbox: as planned");
    const all = await plan("--sql");
    expect(all.stderr).toContain(
      "a psql script is for one app, not for 2\n  fix: name it: npm run plan -- basketball --stack prod --sql",
    );
    const both = await plan("--json", "--sql");
    expect({ ...both, stderr: both.stderr.split("\n")[0] }).toEqual({
      exitCode: 2,
      stdout: "",
      stderr: "option '--sql' cannot be used with option '--json'",
    });
  });
});
