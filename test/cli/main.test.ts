import { createHash } from "node:crypto";
import { cpSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import { verbs } from "../../cli/verbs.ts";
import { createSampleVault, makeToken } from "../../dev/connect/sample-vault.ts";
import { startConnect } from "../../dev/connect/server.ts";
import { VaultStore } from "../../dev/connect/vault-data.ts";
import { freePort } from "../../dev/postgres/ports.ts";
import { useFolder } from "../fakes/folder.ts";
import { berth, startBerth } from "./berth.ts";

const folder = useFolder("cli");

const project = join(import.meta.dirname, "../..");

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

test("--help shows the verbs, and is no failure", async () => {
  const { exitCode, stdout, stderr } = await startBerth(["--help"]);
  expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: "" });
  for (const verb of verbs) expect(stdout).toContain(`  ${verb.name().padEnd(6)}  `);
});

test("no verb shows the same, and is one", async () => {
  const { stdout } = await berth(["--help"]);
  expect(await startBerth([])).toEqual({ exitCode: 2, stdout: "", stderr: stdout });
});

test("npm run has each verb, as it has plan", () => {
  const { scripts } = JSON.parse(readFileSync(join(project, "package.json"), "utf8")) as {
    scripts: Readonly<Record<string, string>>;
  };
  const names = verbs.map((verb) => verb.name());
  // `init` is for a project of one's own, which has no sandbox.
  const script = (name: string) => (name === "init" ? "cli/main.ts init" : `dev/verb.ts ${name}`);
  expect(names.map((name) => scripts[name])).toEqual(
    names.map((name) => `node toolchain/run.mjs ${script(name)}`),
  );
});

test("--help of a verb shows its options with the common ones, and examples", async () => {
  const { exitCode, stdout, stderr } = await berth(["doctor", "--help"]);
  expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: "" });
  const options = [...stdout.matchAll(/^ {2}(--[a-z-]+)/gm)].map(([, name]) => name);
  expect(options).toEqual(["--stack", "--config-file", "--json", "--help"]);
  expect(stdout).toContain("\nExamples:\n  npm run doctor -- --stack prod");
});

test.each(verbs.map((verb) => [verb.name(), verb] as const))(
  "the examples of %s have only options that it knows",
  (_, verb) => {
    let help = "";
    verb.configureOutput({ writeOut: (text) => (help += text) }).outputHelp();
    const examples = help.split("Examples:")[1]?.match(/^ {2}\S.*$/gm) ?? [];
    const given = examples.flatMap((example) => example.match(/(?<= )--[a-z-]+/g) ?? []);
    expect(examples.length).toBeGreaterThan(0);
    const known = verb.options.map(({ long }) => long);
    expect(known).toEqual(expect.arrayContaining(given));
  },
);

test("a shell completes verbs, options, and the stacks that have a file", async () => {
  // The library prints with `console`, which does not print to the process's output here.
  const log = vi.spyOn(console, "log").mockReturnValue();
  onTestFinished(() => {
    log.mockRestore();
  });
  const complete = async (...words: readonly string[]) => {
    log.mockClear();
    await berth(["complete", ...words]);
    return log.mock.calls.join("\n");
  };
  expect(await complete("--", "ver")).toMatch(/^verify\tLog in as every role/m);
  expect(await complete("--", "plan", "--sq")).toMatch(/^--sql\t/m);
  expect(await complete("--", "plan", "--stack", "")).toMatch(/^prod\t$/m);
  expect(await complete("bash")).toContain("complete -F");
});

describe("the stack without --stack", () => {
  const home = join(folder, "pulumi-home");
  const backend = "https://api.pulumi.com";

  function select(settings: object): Readonly<Record<string, string>> {
    const hash = createHash("sha1").update(join(project, "Pulumi.yaml")).digest("hex");
    mkdirSync(join(home, "workspaces"), { recursive: true });
    const file = join(home, "workspaces", `berth-${hash}-workspace.json`);
    writeFileSync(file, JSON.stringify(settings));
    return { PULUMI_HOME: home };
  }

  test.each([
    ["that Pulumi has selected for its backend", { stacks: { [backend]: "alice/berth/prod" } }],
    ["that an older Pulumi has selected", { stack: "prod" }],
  ])("is the one %s", async (_, settings) => {
    const { exitCode, stdout } = await berth(["plan", "--json"], select(settings));
    expect({ exitCode, stack: (JSON.parse(stdout) as { stack: string }).stack }).toEqual({
      exitCode: 0,
      stack: "prod",
    });
  });

  test("is PULUMI_STACK before that", async () => {
    const env = { ...select({ stack: "other" }), PULUMI_STACK: "prod" };
    expect(await berth(["plan"], env)).toMatchObject({ exitCode: 0, stderr: "" });
  });

  test.each([
    ["none is selected", {}],
    ["the selected one is of another backend", { stacks: { "file://~": "prod" } }],
  ])("is missing where %s", async (_, settings) => {
    const { exitCode, stdout, stderr } = await berth(["plan"], select(settings));
    expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: "" });
    expect(stderr).toBe(
      "plan: --stack is missing, and Pulumi has no stack selected\n" +
        "  fix: add --stack and one of dev, prod; or run: pulumi stack select",
    );
  });
});

/** Without a pulumi on PATH. */
const noHome = { PULUMI_HOME: join(folder, "nothing"), PATH: dirname(process.execPath) };

describe("what it cannot run with is exit code 2, one message and no fault's stack", () => {
  test.each([
    ["another verb", ["deploy"], "unknown command 'deploy'\n  fix: the verbs are init, doctor, "],
    ["a mistyped verb", ["verfy"], "unknown command 'verfy' (did you mean verify?)"],
    [
      "a word too many",
      ["doctor", "prod"],
      "too many arguments for 'doctor'. Expected 0 arguments but got 1: prod.\n  fix: npm run doctor -- --stack prod",
    ],
    [
      "an option of another verb",
      ["verify", "--stack", "prod", "--html"],
      "unknown option '--html'\n  fix: npm run verify -- --help shows the options",
    ],
    [
      "two forms",
      ["plan", "--stack", "prod", "--sql", "--json"],
      "option '--sql' cannot be used with option '--json'",
    ],
    ["no time", ["rotate", "--wait", "soon"], "Expected minutes, from 0 to 9999."],
    ["no stack", ["adopt"], "adopt: --stack is missing"],
    ["a stack without a name", ["plan", "--stack", ""], "plan: --stack has no name"],
    [
      "the whole name of a stack",
      ["plan", "--stack", "alice/berth/prod"],
      'plan: --stack has more than the name of a stack: "alice/berth/prod"\n  fix: write --stack prod',
    ],
    [
      "a risk that it does not know",
      ["preview", "--stack", "prod", "--fail-on", "drop,all"],
      "argument 'drop,all' is invalid. Allowed are drop, reown, access.",
    ],
    ["no Pulumi", ["preview", "--stack", "prod"], "preview: pulumi is not on PATH"],
    [
      "nothing of Vault's to plan",
      ["plan", "--stack", "prod", "--app", "netbox", "--vault"],
      "plan: netbox: no secret or login comes from Vault",
    ],
    [
      "a mistyped option",
      ["verify", "--stak", "prod"],
      "unknown option '--stak' (did you mean --stack?)\n  fix: npm run verify -- --help",
    ],
    ["an option without its value", ["verify", "--stack"], "'--stack <name>' argument missing"],
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
    const { exitCode, stdout, stderr } = await berth(args, noHome);
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
  const { exitCode, stderr } = await startBerth(["plan", "--stack", "prod"], clone);
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
    const closed = await freePort();
    const args = [verb, "--stack", "test", "--json", "--config-file", writeStackFile(closed)];
    const result = await berth(args, { OP_CONNECT_HOST: connect.url, OP_CONNECT_TOKEN: token });
    await connect.close();
    expect(result).toMatchObject({ exitCode: 2, stdout: "" });
    expect(result.stderr).toContain(`127.0.0.1:${String(closed)}`);
    expect(result.stderr).toContain(`pg_isready -h 127.0.0.1 -p ${String(closed)}`);
    const values = vault.items.flatMap((item) => item.fields.map((field) => field.value));
    const passwords = values.filter((value) => value !== undefined && value.length >= 32);
    expect([token, ...passwords].filter((secret) => result.stderr.includes(secret ?? ""))).toEqual(
      [],
    );
  },
);
