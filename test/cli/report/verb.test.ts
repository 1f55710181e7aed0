import { describe, expect, it } from "vitest";
import { berth } from "../berth.ts";

/** `report` on the example stack, with an environment that knows no 1Password and no cluster. */

const report = (...args: readonly string[]) => berth(["report", "--stack", "prod", ...args]);

describe("report", () => {
  it("prints who may do what where, and which item goes where", async () => {
    const { exitCode, stdout, stderr } = await report();
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: "" });
    const cells = stdout.split("\n").map((line) => line.trim().split(/ {2,}/));
    expect(cells).toContainEqual([
      "admin_app",
      "readwrite",
      "CONNECT",
      "USAGE",
      "DELETE, INSERT, SELECT, UPDATE",
      "SELECT, USAGE",
    ]);
    expect(cells).toContainEqual([
      "1Password",
      "Coachlight/basketball-admin-db-credentials",
      "basketball-admin-db-credentials",
      "OnePasswordItem",
      "db-postgres, westside-admin",
      "admin_app",
      "password, username, …",
    ]);
    expect(stdout.split("\n").at(-1)).toContain("reported: 2 apps, 3 roles, 6 Secrets");
  });

  it("prints Markdown", async () => {
    const { exitCode, stdout } = await report("--app", "basketball", "--markdown");
    expect(exitCode).toBe(0);
    expect(stdout).toContain("| role | profile | database | schema public |");
    expect(stdout).toContain("| PUBLIC | | - | USAGE | - | - |");
    expect(stdout).not.toContain("netbox");
  });

  it("prints JSON", async () => {
    const { exitCode, stdout } = await report("--app", "netbox", "--json");
    expect(exitCode).toBe(0);
    const { apps } = JSON.parse(stdout) as { apps: { app: string; secrets: object[] }[] };
    expect(apps.map(({ app, secrets }) => [app, secrets.length])).toEqual([["netbox", 4]]);
  });
});
