import { describe, expect, test } from "vitest";
import { type Finding, NotNeeded, Report } from "../../../cli/doctor/report.ts";
import { FindingPrinter, formatCounts } from "../../../cli/doctor/verb.ts";
import { openWorld, toUserPath } from "../../../cli/doctor/world.ts";
import { BerthError, toOneError } from "../../../components/errors.ts";

const about = (name: string) => ({ group: "g", name, fix: "the usual fix" });
const good = <T>(value: T) => ({ value, detail: "good" });

function fail(error: unknown): never {
  throw error;
}

describe("what a check finds", () => {
  test("a value goes on to those that build on it, line by line", async () => {
    const reported: Finding[] = [];
    const report = new Report((finding) => reported.push(finding));
    const first = await report.check(about("first"), [], () => good(2));
    const second = await report.check(about("second"), [first], (two) => good(two + 1));
    expect(second).toEqual({ value: 3 });
    expect(reported.map(({ name, status }) => [name, status])).toEqual([
      ["first", "ok"],
      ["second", "ok"],
    ]);
  });

  test("a failure has its own fix, or else the usual one, and one line for each problem", async () => {
    const report = new Report();
    await report.check(about("own"), [], () =>
      fail(new BerthError("broken", { hint: "repair it" })),
    );
    await report.check(about("none"), [], () => fail(new BerthError("broken")));
    await report.check(about("many"), [], () =>
      fail(toOneError("t", [{ what: "a", fix: "b" }, { what: "c" }])),
    );
    expect(report.findings.map(({ detail, fix }) => [detail, fix])).toEqual([
      ["broken", "repair it"],
      ["broken", "the usual fix"],
      ["a", "b"],
      ["c", "the usual fix"],
    ]);
    expect(report.findings.every(({ status }) => status === "failed")).toBe(true);
  });

  test("what a run can do without is a warning, and what builds on it is skipped", async () => {
    const report = new Report();
    await report.check(about("must"), [], () => fail(new BerthError("broken")));
    report.onlyWarn();
    const way = await report.check(about("way"), [], () => fail(new BerthError("broken")));
    await report.check(about("login"), [way], () => good(1));
    expect(report.findings.map(({ name, status }) => [name, status])).toEqual([
      ["must", "failed"],
      ["way", "warning"],
      ["login", "skipped"],
    ]);
  });

  test("what builds on a failure is skipped and names the first cause, however far away", async () => {
    const report = new Report();
    const first = await report.check(about("first"), [], () => fail(new BerthError("broken")));
    const second = await report.check(about("second"), [first], () => good(1));
    await report.check(about("third"), [second], () => fail(new Error("tried all the same")));
    expect(report.findings.slice(1).map(({ status, detail }) => [status, detail])).toEqual([
      ["skipped", 'because "g: first" failed'],
      ["skipped", 'because "g: first" failed'],
    ]);
  });

  test("what is not needed is no failure", async () => {
    const report = new Report();
    await report.check(about("first"), [], () => fail(new NotNeeded("there is no cluster")));
    expect(report.findings).toEqual([
      { group: "g", name: "first", status: "skipped", detail: "because there is no cluster" },
    ]);
  });

  test("fails itself with an error that is not meant for the operator", async () => {
    const check = new Report().check(about("first"), [], () => fail(new TypeError("a fault")));
    await expect(check).rejects.toThrow(TypeError);
  });

  test("the last line counts, and names skipped checks only if there are any", () => {
    const one = (status: Finding["status"]): Finding => ({
      group: "g",
      name: "n",
      status,
      detail: "",
    });
    expect(formatCounts([one("ok"), one("ok"), one("failed")])).toBe("2 ok, 0 warnings, 1 failed");
    expect(formatCounts([one("warning"), one("skipped")])).toBe(
      "0 ok, 1 warning, 0 failed, 1 skipped",
    );
  });
});

describe("the PATH of the one who types pulumi", () => {
  test.each([
    [
      "what npm puts before it goes",
      "/p/node_modules/.bin:/n/node_modules/npm/bin:/usr/bin",
      "/usr/bin",
    ],
    ["what stands later stays", "/usr/bin:/p/node_modules/.bin", "/usr/bin:/p/node_modules/.bin"],
    ["nothing is left of npm's alone", "/p/node_modules/.bin", ""],
  ])("%s", (_, path, expected) => {
    expect(toUserPath(path)).toBe(expected);
  });

  test("a program that is not there is no error", async () => {
    const world = openWorld(import.meta.dirname);
    expect(await world.run("no-such-program-anywhere", [])).toBeUndefined();
    const ran = await world.run(process.execPath, ["-e", "console.error('said'); process.exit(3)"]);
    expect(ran).toEqual({ exitCode: 3, stdout: "", stderr: "said" });
  });
});

test("checks that are skipped for one cause share a line", () => {
  const lines: string[] = [];
  const printer = new FindingPrinter(({ group, name }) => lines.push(`${group}: ${name}`));
  const skipped = (group: string, name: string, detail = "because") =>
    ({ group, name, status: "skipped", detail }) as const;
  printer.add(skipped("machine", "a"));
  printer.add(skipped("machine", "b"));
  printer.add({ group: "machine", name: "c", status: "ok", detail: "" });
  for (const name of ["d", "e"]) printer.add(skipped("cluster", name));
  printer.add(skipped("cluster", "f", "of another cause"));
  printer.end();
  expect(lines).toEqual(["machine: a, b", "machine: c", "cluster: d, e", "cluster: f"]);
});
