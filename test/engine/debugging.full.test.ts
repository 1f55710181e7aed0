import { readFileSync } from "node:fs";
import path from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { execa } from "execa";
import { beforeAll, describe, expect, it } from "vitest";
import { projectFolder } from "../../components/project-folder.ts";
import { freePort } from "../../dev/postgres/ports.ts";
import { useBed } from "./use-bed.ts";

/** The commands of docs/debugging.md, as they stand there, on a bed and with free ports. */

const text = readFileSync(path.join(projectFolder, "docs/debugging.md"), "utf8");
const commands = [...text.matchAll(/```sh\n([\s\S]*?)```/g)].flatMap(([, block = ""]) =>
  block.trim().split("\n"),
);
const tried = new Set<string>();
const bed = useBed();

beforeAll(async () => {
  await bed.bringUp();
});

/** The one command of the document that begins so. */
function commandOf(begin: string): string {
  const found = commands.filter((command) => command.startsWith(begin));
  expect(found, begin).toHaveLength(1);
  for (const command of found) tried.add(command);
  return found[0] ?? "";
}

/** Starts commands in one shell of a person, who has none of this run's variables. */
function start(script: string) {
  const { PATH = "", HOME = "" } = process.env;
  const run = execa("bash", ["-c", script], {
    cwd: projectFolder,
    env: { PATH: `${path.dirname(process.execPath)}:${PATH}`, HOME },
    extendEnv: false,
    reject: false,
    all: true,
  });
  let said = "";
  run.all.on("data", (chunk: Buffer) => {
    said += chunk.toString();
  });
  let isOver = false;
  void run.then(() => {
    isOver = true;
  });
  return {
    run,
    type: (line: string) => run.stdin.write(`${line}\n`),
    /** Waits until it has said something more, which may be the same again. */
    until: async (pattern: RegExp): Promise<RegExpExecArray> => {
      for (const from = Date.now(); ; ) {
        const found = pattern.exec(said);
        if (found !== null) {
          said = said.slice(found.index + found[0].length);
          return found;
        }
        if (isOver || Date.now() - from > 60_000) {
          throw new Error(`nothing like ${String(pattern)} in:\n${said}`);
        }
        await delay(20);
      }
    },
  };
}

const withPort = (command: string, port: number): string =>
  command
    .replace(/--inspect(-brk)? /, (option) => `${option.trim()}=127.0.0.1:${String(port)} `)
    .replace("127.0.0.1:9229", `127.0.0.1:${String(port)}`);

/** A debugger that is attached to a program. What is typed before its prompt is lost. */
async function attach(port: number, hasStopped = false) {
  const debug = start(withPort(commandOf("node inspect "), port));
  await debug.until(/ok\s/);
  if (hasStopped) await debug.until(/Break on start/);
  await debug.until(/debug> /);
  return debug;
}

describe("docs/debugging.md", () => {
  it("stops the provider where it says", async () => {
    const port = await freePort();
    const setUp = commandOf("export OP_CONNECT_HOST").replaceAll(".berth/dev", bed.sandbox.home);
    const inspect = commandOf("node --inspect provider/main.ts");
    const provider = start(`${setUp}\n${withPort(inspect, port)}`);
    const [, listening = ""] = await provider.until(/^(\d+)$/m);
    const debug = await attach(port);
    const breakpoint = commandOf("setBreakpoint(");
    debug.type(breakpoint);
    await debug.until(/debug> /);
    const preview = commandOf("PULUMI_DEBUG_PROVIDERS=");
    expect(preview).toMatch(/^PULUMI_DEBUG_PROVIDERS=berth:\d+ npm run pulumi -- preview$/);
    const running = bed.pulumi(["preview"], { PULUMI_DEBUG_PROVIDERS: `berth:${listening}` });
    const [, line = ""] = await debug.until(/break in .*app-database\/handler\.ts:(\d+)/);
    expect(breakpoint).toContain(`, ${line})`);
    debug.type("bt");
    await debug.until(/#0 diff .*handler\.ts/);
    debug.type("exec request.urn");
    await debug.until(/urn:pulumi:dev::berth::berth:postgres:AppDatabase::/);
    debug.type(breakpoint.replace("setBreakpoint", "clearBreakpoint"));
    debug.type("cont");
    // Another app may wait at the same place.
    const goOn = setInterval(() => debug.type("cont"), 500);
    const { exitCode, output } = await running.finally(() => {
      clearInterval(goOn);
    });
    expect(exitCode, output).toBe(0);
    debug.type(".exit");
    await debug.run;
    provider.run.kill();
    await provider.run;
  });

  it.each([
    ["BERTH_OFFLINE=true ", /"berth:postgres:AppDatabase"/],
    ["node --inspect-brk cli/main.ts ", /CREATE ROLE/],
  ])("runs the program and a verb from their first line on: %s", async (begin, result) => {
    const port = await freePort();
    const program = start(withPort(commandOf(begin), port));
    await program.until(/Debugger listening/);
    const debug = await attach(port, true);
    debug.type("cont");
    await program.until(result);
    await program.until(/Waiting for the debugger to disconnect/);
    debug.type(".exit");
    await debug.run;
    expect((await program.run).exitCode).toBe(0);
  });

  it("has no other command", () => {
    expect(commands.filter((command) => !tried.has(command))).toEqual([]);
    expect(text).toContain("`npm run plan -- --stack prod` prints the statements");
  });
});
