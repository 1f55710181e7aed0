import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { execa } from "execa";
import { beforeAll, expect, test } from "vitest";
import { projectFolder } from "../../components/project-folder.ts";
import type { Registration } from "../fakes/pulumi-engine.ts";

interface Dump {
  readonly registrations: readonly Registration[];
  readonly outputs: unknown;
}

const golden = join(import.meta.dirname, "prod.json");
let up: Dump;
let preview: Dump;

beforeAll(async () => {
  [up, preview] = await Promise.all([dumpProgram(), dumpProgram("--preview")]);
}, 60_000);

/** Everything that the prod stack registers, secrets included. */
async function dumpProgram(...flags: readonly string[]): Promise<Dump> {
  const program = join(import.meta.dirname, "dump-program.ts");
  // As Pulumi.yaml has the language host start a program.
  const start = "--import=./components/engine/program-start.ts";
  const { stdout } = await execa(process.execPath, [start, program, ...flags], {
    cwd: projectFolder,
    env: {
      PATH: process.env["PATH"] ?? "",
      NODE_COMPILE_CACHE: process.env["NODE_COMPILE_CACHE"] ?? "",
      BERTH_OFFLINE: "true",
      OP_SERVICE_ACCOUNT_TOKEN: "CANARY-token",
    },
    extendEnv: false,
    timeout: 60_000,
  });
  return JSON.parse(stdout) as Dump;
}

/** As the golden file has it: no secret, and nothing that is as it is by default. */
function toGolden({ registrations, outputs }: Dump): string {
  const shown = registrations.map((registration) => {
    const inputs = Object.entries(registration.inputs).map(([key, value]) => [
      key,
      registration.secrets.includes(key) ? "‹secret›" : value,
    ]);
    const entries = Object.entries({ ...registration, inputs: Object.fromEntries(inputs) as unknown });
    return Object.fromEntries(entries.filter(([, value]) => !isDefault(value)));
  });
  return `${JSON.stringify({ registrations: shown, outputs }, null, 2)}\n`;
}

function isDefault(value: unknown): boolean {
  return value === false || (Array.isArray(value) && value.length === 0);
}

test("the program registers for stack prod exactly what test/golden/prod.json shows", () => {
  if (process.env["BERTH_UPDATE_GOLDEN"] === "true") writeFileSync(golden, toGolden(up));
  expect(
    toGolden(up),
    "stack prod registers something else than before. If that is meant, run the tests once with BERTH_UPDATE_GOLDEN=true and read the diff of test/golden/prod.json: it is what every existing stack will preview",
  ).toBe(readFileSync(golden, "utf8"));
});

test("a preview registers the same, so that it lists what up does", () => {
  expect(toGolden(preview)).toBe(toGolden(up));
});

test("no resource, provider or output is handed a password or token of 1Password's", () => {
  expect(JSON.stringify(up.registrations)).toContain("SCRAM-SHA-256");
  expect(JSON.stringify(up)).not.toContain("CANARY");
});
