import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { countFaults } from "../faults/count.ts";
import { filesWith } from "./bed.ts";
import { openGround } from "./ground.ts";
import { formsOf } from "./secret-forms.ts";
import { useBed } from "./use-bed.ts";

/** Every verb in every form, on a stack whose passwords are canaries: nothing that it prints or writes may hold one. */

const bed = useBed();
/** Where the verbs write, temporary files included. */
let files: string;
/** What Pulumi says to its plugins while a verb runs it. Verifiers may be in it, as docs/security.md says. */
let traffic: string;
/** All that ever was in the vault, before `rotate` and after it, and the verifiers of the server. */
const secrets = new Set<string>();

beforeAll(async () => {
  files = mkdtempSync(path.join(tmpdir(), "berth-leaks-verbs-"));
  traffic = mkdtempSync(path.join(tmpdir(), "berth-leaks-traffic-"));
  bed.configure((config) => {
    config["berth:apps"]["netbox"] = {
      ...(config["berth:apps"]["netbox"] as object),
      owner: { keys: { DATABASE_URL: "${uri}" }, generate: { alphabet: "hex", length: 48 } },
      roles: { reports: { profile: "readonly", item: "netbox-reports" } },
    };
  });
  await bed.addLogin("netbox-reports", "netbox_reports", "Canary'of\"reports\\$$ %I");
  // Its fields are made of the password.
  expect((await run(["rotate", "--app", "netbox", "--keys"])).exitCode).toBe(0);
  await bed.bringUp({ TMPDIR: files });
  await noteSecrets();
});

afterAll(() => {
  for (const folder of [files, traffic]) rmSync(folder, { recursive: true });
});

countFaults("places where a verb could show a secret", () => openGround(bed));

async function noteSecrets(): Promise<void> {
  const stored = await bed.sql<{ verifier: string }>(
    "select rolpassword as verifier from pg_authid where rolpassword is not null",
  );
  for (const one of [...bed.secrets(), ...stored.map(({ verifier }) => verifier)]) secrets.add(one);
}

function run(args: readonly string[]) {
  return bed.berth(args, { TMPDIR: files, PULUMI_DEBUG_GRPC: path.join(traffic, "grpc.json") });
}

describe("no secret is in what is printed and written by", () => {
  it.each([
    "plan",
    "plan --json",
    "report --markdown",
    "report --json --live",
    "report --html",
    "report --runbook --app netbox",
    "verify",
    "verify --json",
    "doctor",
    "doctor --json",
    "adopt",
    "adopt --json",
    "preview",
    "preview --json",
    "preview --markdown",
    "add wiki --login reports=readonly",
    "add docs --json",
    "add docs",
    "rotate --app netbox",
    "rotate --app netbox --role reports --json",
  ])("%s", async (command) => {
    // A password that somebody changed, and what others made, are in what is compared.
    await bed.sql("grant select on all tables in schema public to public", "netbox");
    const { stdout, stderr, exitCode } = await run(command.split(" "));
    expect(stdout + stderr).not.toBe("");
    expect(exitCode, stderr).not.toBe(2);
    await noteSecrets();
    const forms = formsOf([...secrets]);
    expect(forms.filter((form) => (stdout + stderr).includes(form))).toEqual([]);
  });

  it.each([
    ["report --html --live --out", "live.html"],
    ["report --mermaid --out", "stack.mmd"],
    ["preview --save-plan", "plan.json"],
  ])("%s, in its file", async (command, name) => {
    const file = path.join(files, name);
    const { exitCode, stderr } = await run([...command.split(" "), file]);
    expect(exitCode, stderr).toBe(0);
    expect(readFileSync(file, "utf8").length).toBeGreaterThan(100);
  });
});

it("no file that was written on the way has one: stack file, manifests, state, temporary files", async () => {
  await bed.bringUp({ TMPDIR: files });
  await noteSecrets();
  const forms = formsOf([...secrets]);
  expect(forms.length).toBeGreaterThan(100);
  writeFileSync(path.join(files, "stack.yaml"), readFileSync(bed.sandbox.stackFile));
  for (const folder of [files, bed.gitops, path.join(bed.sandbox.home, "state")]) {
    expect(await filesWith(folder, forms)).toEqual([]);
  }
});

it("nothing of the vault is in what Pulumi said to its plugins for rotate, add and preview", async () => {
  expect(readFileSync(path.join(traffic, "grpc.json"), "utf8")).toContain("AppDatabase");
  const passwords = [...secrets].filter((secret) => !secret.startsWith("SCRAM-SHA-256$"));
  expect(await filesWith(traffic, formsOf(passwords))).toEqual([]);
});

it("the token of 1Password is in nothing that the program sends for 1Password's own provider", async () => {
  bed.configure((config) => {
    Object.assign(config["berth:onepassword"] as object, { throughProvider: true });
  });
  const file = path.join(traffic, "through-provider.json");
  const { exitCode, output } = await bed.pulumi(["preview"], { PULUMI_DEBUG_GRPC: file });
  expect(exitCode, output).toBe(0);
  const { token } = bed;
  expect(token.length).toBeGreaterThan(20);
  const calls = readFileSync(file, "utf8")
    .split("\n")
    .filter((line) => line.includes("/pulumirpc.ResourceMonitor/"))
    .map((line) => JSON.parse(line) as { readonly request?: unknown });
  expect(calls.length).toBeGreaterThan(5);
  // The plugin itself puts it into its inputs, as docs/security.md says.
  expect(calls.filter(({ request }) => JSON.stringify(request).includes(token))).toEqual([]);
  expect(output).not.toContain(token);
});
