import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execa } from "execa";
import { afterAll, describe, expect, test } from "vitest";
import { createSampleVault, makeToken } from "../../dev/connect/sample-vault.ts";
import { startConnect } from "../../dev/connect/server.ts";
import { VaultStore } from "../../dev/connect/vault-data.ts";

const folder = mkdtempSync(join(tmpdir(), "berth-cli-"));

afterAll(() => {
  rmSync(folder, { recursive: true });
});

const project = join(import.meta.dirname, "../..");

async function berth(
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
  clone = project,
) {
  const main = join(clone, "cli/main.ts");
  const { exitCode, stdout, stderr } = await execa(process.execPath, [main, ...args], {
    env: { PATH: process.env["PATH"] ?? "", ...env },
    extendEnv: false,
    reject: false,
    timeout: 60_000,
  });
  return { exitCode, stdout, stderr };
}

function writeStackFile(port: number): string {
  const file = join(folder, "Pulumi.test.yaml");
  const config = {
    "berth:postgres": {
      endpoint: { direct: { host: "127.0.0.1", port } },
      tls: { mode: "disable" },
    },
    "berth:onepassword": { vault: "Coachlight" },
    "berth:apps": { netbox: {} },
  };
  writeFileSync(file, JSON.stringify({ config }));
  return file;
}

test("--help tells the verbs and options, and is no failure", async () => {
  const { exitCode, stdout, stderr } = await berth(["--help"]);
  expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: "" });
  expect(stdout).toContain("verify    log in as every role");
  expect(stdout).toContain("doctor    check everything");
  expect(stdout).toContain("adopt     propose entries");
  expect(stdout).toContain("plan      print the SQL");
});

test("--help of a verb tells that verb's options, and no others", async () => {
  const { exitCode, stdout, stderr } = await berth(["doctor", "--help"]);
  expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: "" });
  expect(stdout).toContain("doctor    check everything");
  const options = [...stdout.matchAll(/^ {2}(--[a-z-]+)/gm)].map(([, name]) => name);
  expect(options).toEqual(["--stack", "--config-file", "--json", "--help"]);
});

describe("what it cannot run with is exit code 2, one message and no fault's stack", () => {
  test.each([
    ["no verb", [], "got nothing; the verbs are "],
    ["another verb", ["deploy"], 'got "deploy"; the verbs are '],
    ["a verb too many", ["verify", "prod"], 'got "verify prod"; the verbs are '],
    ["a word too many", ["plan", "x"], "\n  fix: npm run plan -- --stack prod"],
    [
      "an option of another verb",
      ["verify", "--stack", "prod", "--app", "netbox"],
      "verify: --app is an option of another verb\n  fix: remove it",
    ],
    [
      "no stack",
      ["verify"],
      "verify: --stack is missing\n  fix: add --stack prod, or the name of another stack",
    ],
    ["a stack without a name", ["plan", "--stack", ""], "plan: --stack is missing"],
    [
      "no stack",
      ["adopt"],
      "adopt: --stack is missing\n  fix: add --stack prod, or the name of another stack",
    ],
    [
      "nothing of Vault's to plan",
      ["plan", "--stack", "prod", "--app", "netbox", "--vault"],
      "plan: netbox: no secret or login comes from Vault",
    ],
    [
      "an unknown option",
      ["verify", "--stak", "prod"],
      "Unknown option '--stak'\n  fix: npm run verify -- --help",
    ],
    ["an option without its value", ["verify", "--stack"], "'--stack <value>' argument missing"],
    [
      "a stack without a file",
      ["verify", "--stack", "nowhere"],
      "stack nowhere: there is no stack file",
    ],
    [
      "no way to 1Password",
      ["verify", "--stack", "prod"],
      "1Password: the environment does not say how to reach it",
    ],
  ])("fails with %s", async (_, args, message) => {
    const { exitCode, stdout, stderr } = await berth(args);
    expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: "" });
    expect(stderr).toContain(message);
    expect(stderr).not.toMatch(/^ {4}at /m);
  });
});

test("a clone may be in a folder whose name has a blank, a letter of its own and a per cent", async () => {
  const clone = join(folder, "mein Bückzettel 100%20");
  for (const part of ["cli", "components", "package.json", "Pulumi.prod.yaml"]) {
    cpSync(join(project, part), join(clone, part), { recursive: true });
  }
  symlinkSync(join(project, "node_modules"), join(clone, "node_modules"));
  const { exitCode, stderr } = await berth(["plan", "--stack", "prod"], {}, clone);
  expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: "" });
});

test("rotate fails without Pulumi before it writes the item", async () => {
  const args = ["rotate", "--stack", "test", "--app", "netbox"];
  const env = { OP_CONNECT_HOST: "http://127.0.0.1:1", OP_CONNECT_TOKEN: makeToken() };
  const { exitCode, stderr } = await berth([...args, "--config-file", writeStackFile(1)], {
    ...env,
    PATH: folder,
  });
  expect(exitCode).toBe(2);
  expect(stderr).toContain("rotate: pulumi is not on PATH; nothing was changed\n  fix: install");
});

test("rotate fails where another run holds the stack's lock, before it writes the item", async () => {
  const locks = join(folder, ".pulumi/locks/organization/berth/test");
  mkdirSync(locks, { recursive: true });
  const holder = { pid: 12, username: "alice", hostname: "laptop" };
  const lock = JSON.stringify({ ...holder, timestamp: "2026-01-02T03:04:05Z" });
  writeFileSync(join(locks, "0b5c.json"), lock);
  const args = ["rotate", "--stack", "test", "--app", "netbox"];
  const { exitCode, stderr } = await berth([...args, "--config-file", writeStackFile(1)], {
    OP_CONNECT_HOST: "http://127.0.0.1:1",
    OP_CONNECT_TOKEN: makeToken(),
    PULUMI_BACKEND_URL: `file://${folder}`,
  });
  expect(exitCode).toBe(2);
  expect(stderr).toBe(
    "stack test: locked by alice@laptop (pid 12) since 2026-01-02T03:04:05Z\n  fix: wait for that run to end; if it was killed: pulumi cancel --stack test",
  );
});

test.each(["verify", "adopt"])(
  "%s fails with a server that is not there: what was tried, how to test it, and no password",
  async (verb) => {
    const vault = createSampleVault();
    const token = makeToken();
    const connect = await startConnect({ store: new VaultStore([vault]), token });
    const closed = await startConnect({ store: new VaultStore([]), token });
    await closed.close();
    const args = [verb, "--stack", "test", "--json", "--config-file", writeStackFile(closed.port)];
    const result = await berth(args, { OP_CONNECT_HOST: connect.url, OP_CONNECT_TOKEN: token });
    await connect.close();
    expect(result).toMatchObject({ exitCode: 2, stdout: "" });
    expect(result.stderr).toContain(`127.0.0.1:${String(closed.port)}`);
    expect(result.stderr).toContain(`pg_isready -h 127.0.0.1 -p ${String(closed.port)}`);
    const values = vault.items.flatMap((item) => item.fields.map((field) => field.value));
    const passwords = values.filter((value) => value !== undefined && value.length >= 32);
    expect([token, ...passwords].filter((secret) => result.stderr.includes(secret ?? ""))).toEqual(
      [],
    );
  },
);

test.each([
  ["closes its output, a verb ends quietly and as it would", ["plan"], 0],
  ["closes its output and its errors, an error ends as it would", ["plan", "--sql", "--vault"], 2],
])("where a reader %s", async (_, verb, expected) => {
  const file = writeStackFile(1);
  const args = [...verb, "--stack", "test", "--config-file", file].join(" ");
  const output = expected === 0 ? "" : "2>&1";
  // `true` reads nothing, and is over before Node has started.
  const script = `{ "${process.execPath}" "${project}/cli/main.ts" ${args} ${output}; echo $? >&3; } | true`;
  const { stderr, stdio } = await execa("sh", ["-c", script], {
    stdio: ["ignore", "pipe", "pipe", "pipe"],
  });
  expect({ stderr, code: stdio[3] }).toEqual({ stderr: "", code: String(expected) });
});
