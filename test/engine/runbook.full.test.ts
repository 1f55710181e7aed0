import { beforeAll, describe, expect, it } from "vitest";
import { commandsOf } from "../cli/report/commands-of.ts";
import { DoctorBed } from "./doctor-bed.ts";
import { keepSafe } from "./use-bed.ts";

/** A person who follows a runbook from its first command to its last: each succeeds, as it is printed. */

const doctor = new DoctorBed();
keepSafe(doctor.bed);

beforeAll(async () => {
  await doctor.bed.bringUp();
});

/** Runs a command of a runbook. Answers with what it is, if it was run. */
async function follow(command: string): Promise<string | undefined> {
  const [program, ...words] = command.split(" ");
  const [run, verb = "", , ...options] = words;
  // What no cluster or killed run is there for: `cluster/chain` and `engine/killed` have them.
  if (program === "kubectl" || words.includes("cancel")) return undefined;
  if (program === "pulumi" || verb === "pulumi") {
    await doctor.bed.bringUp();
    return "up";
  }
  expect(run, command).toBe("run");
  const { exitCode, stderr } = await doctor.bed.berth([verb, ...options]);
  expect(exitCode, `${command}\n${stderr}`).toBe(0);
  return [verb, ...options.filter((one) => one.startsWith("--") && one !== "--stack")].join(" ");
}

async function followRunbook(...of: readonly string[]): Promise<readonly string[]> {
  const { exitCode, stdout, stderr } = await doctor.bed.berth(["report", ...of, "--runbook"]);
  expect(exitCode, stderr).toBe(0);
  const followed: string[] = [];
  for (const command of commandsOf(stdout)) followed.push((await follow(command)) ?? "");
  return followed.filter(Boolean);
}

describe("each command of a runbook succeeds, in its order:", () => {
  it("of the admin, who has another password then", async () => {
    const before = doctor.bed.login("postgres-admin");
    expect(await followRunbook("--admin")).toEqual([
      "doctor",
      "rotate --admin --preview",
      "rotate --admin",
      "doctor",
      "verify",
      "report --runbook --admin",
    ]);
    const after = doctor.bed.login("postgres-admin");
    expect(after.name).toBe(before.name);
    expect(after.password).not.toBe(before.password);
    expect(await doctor.bed.sqlAs(after, "postgres", "select 1 as one")).toEqual([{ one: 1 }]);
    await expect(doctor.bed.sqlAs(before, "postgres", "select 1")).rejects.toMatchObject({
      code: "28P01",
    });
  });

  it("of an app and its further role, who have other passwords then", async () => {
    const titles = ["basketball-db-credentials", "basketball-admin-db-credentials"];
    const before = titles.map((title) => doctor.bed.login(title));
    expect(await followRunbook("basketball")).toEqual([
      "doctor",
      ...["rotate", "verify", "up"],
      ...["rotate --role", "verify", "up"],
      "report --runbook",
    ]);
    for (const [index, title] of titles.entries()) {
      const login = doctor.bed.login(title);
      expect(login.password).not.toBe(before[index]?.password);
      const found = await doctor.bed.sqlAs(login, "basketball", "select current_user as who");
      expect(found).toEqual([{ who: login.name }]);
    }
  });
});
