import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { describe, expect, it } from "vitest";
import type { Finding } from "../../cli/doctor/report.ts";
import { DoctorBed, failures, withStatus } from "./doctor-bed.ts";

/** A healthy stack has no failure; then one thing is broken at a time, and must be named with its fix. */

const doctor = new DoctorBed();

describe("a stack that a run would succeed on", () => {
  it("has no failure, before its first run and after it", async () => {
    const before = await doctor.run();
    expect(failures(before)).toEqual([]);
    expect(before.find(({ name }) => name === "apps")?.detail).toBe("0 of 2 databases exist");
    await doctor.bed.bringUp();
    const after = await doctor.run();
    expect(failures(after)).toEqual([]);
    expect(after.find(({ name }) => name === "apps")?.detail).toBe("2 of 2 databases exist");
  });

  it("has none through a port-forward, with everything there that the manifests need", async () => {
    doctor.throughCluster();
    const findings = await doctor.run();
    expect(failures(findings)).toEqual([]);
    expect(withStatus(findings, "skipped")).toEqual([]);
    const detail = (name: string): string | undefined =>
      findings.find((finding) => finding.name === name)?.detail;
    expect(detail("rights")).toContain("get pods/portforward");
    expect(detail("1Password operator")).toContain("onepassword-connect-operator in 1password");
    expect(detail("login")).toContain("as coachlight_admin");
  });

  it("is left as it is: no file, no statement that writes, and no request but readings", async () => {
    doctor.throughCluster();
    const statements = (): string[] =>
      readFileSync(doctor.bed.sandbox.postgresLog, "utf8")
        .split("\n")
        .filter((line) => /(statement|execute [^:]*): /.test(line));
    const files = (): string[] =>
      readdirSync(doctor.bed.sandbox.home, { recursive: true, encoding: "utf8" })
        .filter((name) => !/^(postgres|connect\.log)/.test(name))
        .toSorted();
    const was = { files: files(), statements: statements().length };
    doctor.cluster.api.requests.splice(0);
    await doctor.run();
    expect(files()).toEqual(was.files);
    const sent = statements().slice(was.statements);
    expect(sent.length).toBeGreaterThan(0);
    // What comes before it reads the settings of the session, and pins one.
    const readOnly = sent.findIndex((line) => line.includes("as transaction read only"));
    const before = sent
      .slice(0, readOnly)
      .map((line) => line.replace(/^.*?(statement|execute [^:]*): /, ""));
    expect(before.filter((text) => !/^(select|SET transaction_timeout)/.test(text))).toEqual([]);
    expect(sent.slice(readOnly + 1).filter((line) => !/: (--|select|SELECT)/.test(line))).toEqual(
      [],
    );
    const requests = doctor.cluster.api.requests.filter(
      (request) => !/^(GET|UPGRADE) /.test(request),
    );
    expect([...new Set(requests)]).toEqual([
      "POST /apis/authorization.k8s.io/v1/selfsubjectaccessreviews",
    ]);
  });
});

describe("on this machine", () => {
  it("names an old Node, and where no Pulumi is", async () => {
    const world = doctor.world();
    const findings = await doctor.run({
      ...world,
      run: async (command, args) =>
        command === "node"
          ? { exitCode: 0, stdout: "v20.19.1", stderr: "" }
          : command === "pulumi"
            ? undefined
            : await world.run(command, args),
    });
    expect(failures(findings)).toEqual([
      expect.stringMatching(
        /^machine: Node: the node on PATH is v20\.19\.1; Berth needs 22\.18 or newer fix: install Node 22\.18/,
      ),
      expect.stringMatching(
        /^machine: Pulumi: there is no pulumi on PATH fix: install it from https/,
      ),
    ]);
    expect(withStatus(findings, "skipped").filter((line) => line.startsWith("machine"))).toEqual(
      ["plugins", "backend", "stack", "lock", "pending", "passphrase"].map(
        (name) => `machine: ${name}: because "machine: Pulumi" failed fix: `,
      ),
    );
  });

  it("names a plugin that is not there and that Pulumi may not get", async () => {
    const home = path.join(doctor.bed.sandbox.home, "no-plugins");
    doctor.configure((config) => {
      Object.assign(config["berth:onepassword"] as object, { throughProvider: true });
    });
    const [failure = ""] = failures(await doctor.run(doctor.world({ PULUMI_HOME: home })));
    doctor.later(() => {
      rmSync(home, { recursive: true, force: true });
    });
    expect(failure).toMatch(/^machine: plugins: the plugin onepassword [\d.]+ is not in/);
    expect(failure).toMatch(
      /fix: pulumi plugin install resource onepassword [\d.]+ --server github:\/\//,
    );
  });

  it("names a backend without the stack, and puts nothing into it", async () => {
    const folder = path.join(doctor.bed.sandbox.home, "empty");
    mkdirSync(folder);
    doctor.later(() => {
      rmSync(folder, { recursive: true });
    });
    const findings = await doctor.run(doctor.world({ PULUMI_BACKEND_URL: `file://${folder}` }));
    expect(failures(findings)).toEqual([
      'machine: stack: the backend has no stack "dev" of this project; it has none fix: pulumi stack init dev',
    ]);
    expect(readdirSync(folder)).toEqual([]);
  });

  it("names who holds the stack's lock, and a lock file that was cut off", async () => {
    const folder = `${doctor.bed.sandbox.home}/state/.pulumi/locks/organization/berth/dev`;
    mkdirSync(folder, { recursive: true });
    const lock = `${folder}/0b5c.json`;
    const cutOff = `${folder}/0b5c.json.12.tmp`;
    doctor.later(() => {
      for (const file of [lock, cutOff]) rmSync(file, { force: true });
    });
    const timestamp = "2026-01-02T03:04:05.6Z";
    writeFileSync(
      lock,
      JSON.stringify({ pid: 12, username: "alice", hostname: "laptop", timestamp }),
    );
    expect(failures(await doctor.run())).toEqual([
      "machine: lock: stack dev: locked by alice@laptop (pid 12) since 2026-01-02T03:04:05Z fix: wait for that run to end; if it was killed: npm run pulumi -- cancel",
    ]);
    rmSync(lock);
    // What a full disk leaves.
    writeFileSync(cutOff, "");
    expect((await doctor.bed.up()).output).toContain("unexpected end of JSON input");
    expect(failures(await doctor.run())).toEqual([
      expect.stringMatching(
        /^machine: lock: .*12\.tmp is not whole.* fix: npm run pulumi -- cancel/,
      ),
    ]);
    await doctor.bed.pulumi(["cancel", "--yes"]);
    expect(failures(await doctor.run())).toEqual([]);
    await doctor.bed.bringUp();
  });

  it("names a backend that nobody is logged in to", async () => {
    const home = path.join(doctor.bed.sandbox.home, "no-login");
    doctor.later(() => {
      rmSync(home, { recursive: true, force: true });
    });
    const world = doctor.world({
      PULUMI_BACKEND_URL: undefined,
      PULUMI_CREDENTIALS_PATH: home,
    });
    const findings = await doctor.run(world);
    expect(failures(findings)).toEqual([
      expect.stringMatching(/^machine: backend: pulumi whoami .*failed: .* fix: pulumi login/),
    ]);
  });
});

describe("the verb", () => {
  it("prints a line a check and the counts last, and a secret nowhere", async () => {
    const text = await doctor.bed.berth(["doctor"]);
    expect(text.exitCode).toBe(0);
    expect(text.stdout.split("\n").at(-1)).toMatch(/^\d+ ok, \d+ warnings?, 0 failed/);
    expect(text.stdout).toContain("ok      Postgres  login: as coachlight_admin to postgres");
    await doctor.breakBy(
      "alter role coachlight_admin nocreatedb",
      "alter role coachlight_admin createdb",
    );
    const json = await doctor.bed.berth(["doctor", "--json"]);
    expect(json.exitCode).toBe(1);
    const { ok, findings } = JSON.parse(json.stdout) as { ok: boolean; findings: Finding[] };
    expect({ ok, failed: failures(findings).length }).toEqual({ ok: false, failed: 1 });
    const printed = [text.stdout, text.stderr, json.stdout, json.stderr].join("\n");
    expect(doctor.bed.secrets().filter((secret) => printed.includes(secret))).toEqual([]);
  });
});
