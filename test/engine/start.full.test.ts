import {
  appendFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import path from "node:path";
import { execa } from "execa";
import { afterAll, describe, expect, it } from "vitest";
import { VaultStore } from "../../dev/connect/vault-data.ts";
import { connectAsSuperuser } from "../../dev/postgres/neighbour.ts";
import { queryAs } from "../../dev/postgres/query.ts";
import { loginOf } from "../../dev/sandbox.ts";
import { makeClone, npmIn } from "./clone.ts";

/** The README's commands as a newcomer runs them: in an empty folder, with nothing installed. */

const clone = makeClone();
const committed = path.join(clone, "Pulumi.dev.yaml");
// Somebody's `pulumi up` by hand has left a salt there, for a passphrase that is not the sandbox's.
appendFileSync(
  committed,
  "\nencryptionsalt: v1:NOs90ckjEZQ=:v1:P4qeSVBBENwvGRBs:DxECaqvBDz1ib55UnUyTqRcp+xo8pA==\n",
);
const asCommitted = readFileSync(committed, "utf8");

afterAll(async () => {
  await npm("start", "--", "--down");
  rmSync(clone, { recursive: true, force: true });
});

function npm(...args: readonly string[]) {
  return npmIn(clone, args, env);
}

let env: Readonly<Record<string, string>> = {};

/** Of somebody who works on servers and vaults of their own in the same terminal. */
const foreign = {
  OP_CONNECT_HOST: "http://127.0.0.1:1",
  OP_CONNECT_TOKEN: "not-the-sandboxes",
  OP_SERVICE_ACCOUNT_TOKEN: "ops_not-the-sandboxes",
  VAULT_ADDR: "http://127.0.0.1:1",
  PGSSLMODE: "verify-full",
  PGOPTIONS: "-c no.such=setting -c role=nobody",
  PULUMI_BACKEND_URL: "file:///nowhere",
  PULUMI_CONFIG_PASSPHRASE: "not the sandbox's",
  http_proxy: "http://127.0.0.1:1",
  NO_PROXY: "",
};

async function query(text: string): Promise<unknown> {
  const login = loginOf(
    VaultStore.load(path.join(clone, ".berth/dev/vault.json")),
    "netbox-db-credentials",
  );
  return await queryAs({ host: "127.0.0.1", port: readPort() }, login, "netbox", text);
}

/** A role and its database, as somebody made them before Berth came. */
async function makeByHand(name: string): Promise<void> {
  const password = readFileSync(path.join(clone, ".berth/dev/superuser-password"), "utf8").trim();
  const superuser = { host: "127.0.0.1", port: readPort(), password };
  const client = await connectAsSuperuser(superuser, "postgres");
  try {
    await client.query(`create role ${name} login`);
    await client.query(`create database ${name} owner ${name}`);
  } finally {
    await client.end();
  }
}

function readPort(): number {
  const stackFile = readFileSync(path.join(clone, ".berth/dev/Pulumi.dev.yaml"), "utf8");
  return Number(/port: (\d+)/.exec(stackFile)?.[1]);
}

const canUnshare = process.platform === "linux" && process.getuid?.() === 0;

describe("npm start in a fresh clone", () => {
  it("is interrupted by Ctrl-C, stops what it started, and can be run again", async () => {
    const run = execa("node", ["toolchain/run.mjs", "dev/start.ts"], {
      cwd: clone,
      reject: false,
      all: true,
      stdin: "ignore",
    });
    const created = new Promise<void>((resolve) => {
      run.all.on("data", (chunk: Buffer) => {
        if (chunk.toString().includes(" created (")) resolve();
      });
    });
    await Promise.race([created, run]);
    run.kill("SIGINT");
    const result = await run;
    expect(result.exitCode).not.toBe(0);
    expect(result.all).toContain("Stopping");
    expect(result.all).not.toContain("correct that");
    expect(existsSync(path.join(clone, ".berth/dev/connect.pid"))).toBe(false);
    await expect(query("select 1")).rejects.toThrow();
  });

  it("brings up the sample apps, proves them, and says where everything is", async () => {
    const { all, exitCode } = await npm("start");
    expect(all).toMatch(/ok +netbox: database netbox, owner netbox: 10 of 10 checks/);
    expect(all).toMatch(
      /ok +basketball: database basketball, owner basketball, readwrite admin_app: 19 of 19 checks/,
    );
    expect(all).toContain("byte for byte what it was");
    expect(all).toContain('REVOKE CONNECT ON DATABASE "paperless" FROM PUBLIC;');
    expect(all).toMatch(/took [\d.]+ s: toolchain/);
    expect(all).not.toContain("pulumi-resource-");
    expect(exitCode).toBe(0);
    expect(await query("select current_user as me")).toEqual([{ me: "netbox" }]);
    expect(readdirSync(path.join(clone, ".berth/dev/gitops")).toSorted()).toEqual([
      "argocd",
      "k8s",
    ]);
  });

  it("reports no changes the second time, whatever else the environment is for", async () => {
    env = foreign;
    const { all, exitCode } = await npm("start");
    expect(all).toContain("up: no changes");
    expect(exitCode).toBe(0);
  });

  it.runIf(canUnshare)(
    "leaves the lock of a living run in another pid namespace alone, and says how to end it",
    async () => {
      const state = path.join(clone, ".berth/dev/state/.pulumi");
      const stack = path.join(state, "stacks/berth/dev.json");
      const lock = path.join(state, "locks/organization/berth/dev/0b5c.json");
      mkdirSync(path.dirname(lock), { recursive: true });
      // Its pid there is 1, or in this namespace one that is not there.
      const script = `
      const holder = { pid: process.pid + 4_000_000, username: "alice", hostname: os.hostname() };
      fs.writeFileSync(process.argv[1], JSON.stringify({ ...holder, timestamp: new Date() }));
      setInterval(() => {}, 1000);`;
      const isolate = ["--pid", "--fork", "--mount-proc", "--kill-child"];
      const run = execa("unshare", [...isolate, process.execPath, "--eval", script, lock], {
        reject: false,
      });
      await expect.poll(() => existsSync(lock)).toBe(true);
      const read = () => [lock, stack].map((file) => readFileSync(file, "utf8"));
      const before = read();

      const refusals = [await npm("start"), await npm("run", "pulumi", "--", "up", "--yes")];

      for (const { exitCode, all } of refusals) {
        expect(exitCode).not.toBe(0);
        expect(all).toMatch(
          /stack dev: locked by alice@\S+ \(pid \d+\) since 20[^]*npm run pulumi -- cancel/,
        );
      }
      expect(read()).toEqual(before);
      run.kill("SIGKILL");
      await run;
      expect((await npm("run", "pulumi", "--", "cancel", "--yes")).exitCode).toBe(0);
    },
  );

  it("goes on without a hand after a run that was killed", async () => {
    const locks = path.join(clone, ".berth/dev/state/.pulumi/locks/organization/berth/dev");
    const note = path.join(clone, ".berth/dev/own-lock.json");
    rmSync(note, { force: true });
    const run = execa("node", ["toolchain/run.mjs", "dev/start.ts"], {
      cwd: clone,
      reject: false,
      stdin: "ignore",
      detached: true,
    });
    await expect.poll(() => existsSync(note), { interval: 20 }).toBe(true);
    process.kill(-(run.pid ?? 0), "SIGKILL");
    await run;
    expect(readdirSync(locks)).not.toEqual([]);
    const { all, exitCode } = await npm("start");
    expect(exitCode, all).toBe(0);
    expect(all).toContain("up: no changes");
  });

  it("previews no changes", async () => {
    const { all, exitCode } = await npm("run", "pulumi", "--", "preview");
    expect(all).toContain("18 unchanged");
    expect(exitCode).toBe(0);
  });

  it("takes whatever Pulumi takes, and leaves the committed stack file as it is", async () => {
    const pulumi = (...args: readonly string[]) => npm("run", "--silent", "pulumi", "--", ...args);
    expect((await pulumi("--non-interactive", "pre")).all).toContain("18 unchanged");
    expect(await pulumi("whoami")).toMatchObject({ exitCode: 0, stderr: "" });
    expect((await pulumi("--help")).stdout).toContain("Deployment Commands");
    const own = path.join(clone, "own.yaml");
    writeFileSync(own, "config: { berth:of: own }\n");
    const got = await pulumi("config", "get", "of", "--stack=dev", "--config-file", own);
    expect(got).toMatchObject({ stdout: "own", stderr: "" });
    expect(readFileSync(committed, "utf8")).toBe(asCommitted);
  });

  it("has a doctor that finds nothing wrong, with the Pulumi that was used", async () => {
    const words = await npm("run", "doctor", "--", "--stack", "dev");
    expect(words.all).toMatch(/\d+ ok, \d+ warnings?, 0 failed, \d+ skipped$/);
    expect(words.exitCode).toBe(0);
  });

  it("verifies, in words and as JSON", async () => {
    const words = await npm("run", "verify", "--", "--stack", "dev");
    expect(words.all).toContain("verified: 2 apps, 29 checks, 0 failed, 2 warnings");
    expect(words.exitCode).toBe(0);
    const json = await npm("run", "--silent", "verify", "--", "--stack", "dev", "--json");
    const verdict = JSON.parse(json.stdout) as {
      ok: boolean;
      apps: { app: string; checks: object[] }[];
    };
    expect(verdict.ok).toBe(true);
    expect(verdict.apps.map(({ app }) => app)).toEqual(["basketball", "netbox"]);
    expect(Object.keys(verdict.apps[0]?.checks[0] ?? {}).toSorted()).toEqual([
      "detail",
      "name",
      "ok",
    ]);
  });

  it("takes a third app, whose entry goes into the committed stack file", async () => {
    const { all, exitCode } = await npm("run", "add", "--", "wiki", "--stack", "dev");
    expect(exitCode, all).toBe(0);
    expect(readFileSync(committed, "utf8")).toContain("\n    wiki: {}\n");
    expect(all).toContain("next: npm run pulumi -- preview --stack dev");
    const again = await npm("start");
    expect(again.all).toMatch(/ok +wiki: database wiki, owner wiki: \d+ of \d+ checks/);
    expect(again.exitCode).toBe(0);
    writeFileSync(committed, asCommitted);
    expect((await npm("start")).exitCode).toBe(0);
  });

  it("adopts into the committed stack file, of which the sandbox's is made", async () => {
    await makeByHand("shop");
    const { all, exitCode } = await npm("run", "adopt", "--", "--stack", "dev", "--write");
    expect(all).toContain(`added to ${committed}; next: npm run pulumi -- preview --stack dev`);
    expect(exitCode).toBe(0);
    expect(readFileSync(committed, "utf8")).toMatch(/^ +shop:\n +adopt: true$/m);
    const preview = await npm("run", "pulumi", "--", "preview");
    expect(preview.all).toContain("app shop");
    writeFileSync(committed, asCommitted);
  });

  it("stops the servers and keeps what they hold", async () => {
    const { exitCode } = await npm("start", "--", "--stop");
    expect(exitCode).toBe(0);
    await expect(query("select 1")).rejects.toThrow();
    const again = await npm("start");
    expect(again.all).toContain("up: no changes");
  });

  it("removes all that it made, and leaves the clone as it came", async () => {
    const { exitCode } = await npm("start", "--", "--down");
    expect(exitCode).toBe(0);
    expect(existsSync(path.join(clone, ".berth/dev"))).toBe(false);
    const rotate = await npm("run", "--silent", "rotate", "--", "--app=netbox", "--stack=dev");
    expect(rotate).toMatchObject({ exitCode: 2, stdout: "" });
    expect(rotate.stderr).toBe(
      "rotate: stack dev is what npm start makes, and is not there\n  fix: run npm start, or name another stack",
    );
  });
});
