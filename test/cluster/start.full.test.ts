import { existsSync, readdirSync, readFileSync, readlinkSync, rmSync } from "node:fs";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { parse } from "yaml";
import { type ClusterFiles, programs, readPorts, toFiles } from "../../dev/cluster/files.ts";
import { openApi } from "../../dev/cluster/objects.ts";
import { makeInstalledClone, npmIn } from "../engine/clone.ts";
import { isListening } from "../fakes/listening.ts";

/** The README's commands for a cluster as people run them, in a clone of their own. */

interface StackFile {
  readonly config: {
    readonly "berth:postgres": {
      readonly endpoint: {
        readonly kubernetes?: { readonly localPort: number };
        readonly direct?: { readonly port: number };
      };
    };
    readonly "berth:cluster"?: { readonly identifier?: string };
    readonly "berth:gitops"?: unknown;
  };
}

let clone: string;
let files: ClusterFiles;
let postgres: number;

beforeAll(() => {
  clone = makeInstalledClone();
  files = toFiles(path.join(clone, ".berth/dev/cluster"));
});

afterAll(async () => {
  await npm("start", "--", "--down");
  rmSync(clone, { recursive: true, force: true });
});

async function npm(...args: readonly string[]) {
  const { all, exitCode } = await npmIn(clone, args);
  return { all, exitCode, lastLine: all.trimEnd().split("\n").at(-1) };
}

function readStackFile(): StackFile["config"] {
  const text = readFileSync(path.join(clone, ".berth/dev/Pulumi.dev.yaml"), "utf8");
  return (parse(text) as StackFile).config;
}

const readPids = (): string[] =>
  programs
    .filter((program) => existsSync(files.pid(program)))
    .map((program) => readFileSync(files.pid(program), "utf8"));

/** Processes that have the clone's folder in their command line, or run in it. */
function findProcesses(): string[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .filter((pid) => {
      try {
        const command = readFileSync(`/proc/${pid}/cmdline`, "utf8");
        return command.includes(clone) || readlinkSync(`/proc/${pid}/cwd`).startsWith(clone);
      } catch {
        // Gone meanwhile, or not ours.
        return false;
      }
    });
}

/** Every port that the servers of the clone have. */
function listPorts(): number[] {
  const { apiServer, kwok } = readPorts(files) ?? { apiServer: 0, kwok: 0 };
  const home = path.join(clone, ".berth/dev");
  const connect = Number(readFileSync(path.join(home, "connect-port"), "utf8"));
  return [apiServer, kwok, connect, postgres];
}

async function listObjects(kind: "OnePasswordItem" | "Application"): Promise<string[]> {
  const apiVersion = kind === "Application" ? "argoproj.io/v1alpha1" : "onepassword.com/v1";
  const { items } = await openApi(files.kubeconfig).list(apiVersion, kind);
  return items.map(({ metadata }) => `${metadata?.namespace ?? ""}/${metadata?.name ?? ""}`);
}

describe("npm run cluster", () => {
  it("starts an API server that answers the users whom it names", async () => {
    const { all, exitCode, lastLine } = await npm("run", "cluster");
    expect(exitCode, all).toBe(0);
    expect(lastLine).toBe("the cluster runs");
    const system = { apiVersion: "v1", kind: "Namespace", metadata: { name: "kube-system" } };
    const asGuest = openApi(files.kubeconfig, "guest").read(system);
    await expect(asGuest).rejects.toThrow(/403/);
    const { metadata } = await openApi(files.kubeconfig, "berth").read(system);
    expect(readStackFile()["berth:cluster"]).toEqual({ identifier: metadata?.uid });
  });

  it("takes what runs when it is run again", async () => {
    const before = readPids();
    const operators = programs.filter((program) => program.endsWith("operator"));
    expect(before).toHaveLength(programs.length - operators.length);
    const { exitCode } = await npm("run", "cluster");
    expect(exitCode).toBe(0);
    expect(readPids()).toEqual(before);
  });
});

describe("npm start -- --cluster", () => {
  it("delivers to the cluster, as a user with no more rights than that takes, and proves the apps", async () => {
    const { all, exitCode, lastLine } = await npm("start", "--", "--cluster");
    expect(exitCode, all).toBe(0);
    expect(lastLine).toMatch(/^up: \d+ changes$/);
    expect(all).toMatch(/ok +netbox: database netbox, owner netbox: (\d+) of \1 checks/);
    expect(all).toMatch(/ok +basketball: .*: (\d+) of \1 checks/);
    expect(all).toContain("byte for byte what it was");
    expect(all).toMatch(
      /the operator made 10 Secrets: db-postgres\/.*infra-netbox\/netbox-superuser/,
    );
    expect(readStackFile()["berth:gitops"]).toBeUndefined();
    expect(existsSync(path.join(clone, ".berth/dev/gitops"))).toBe(false);
    postgres = Number(/psql -h \S+ -p (\d+)/.exec(all)?.[1]);
    expect(await listObjects("Application")).toEqual(["argocd/netbox"]);
  });

  it("changes nothing the second time", async () => {
    const { all, exitCode, lastLine } = await npm("start", "--", "--cluster");
    expect(exitCode, all).toBe(0);
    expect(lastLine).toBe("up: no changes");
  });

  it("has a doctor that finds nothing wrong", async () => {
    const { all, exitCode } = await npm("run", "doctor", "--", "--stack", "dev");
    expect(all).toContain("delivery  objects: cluster ");
    expect(exitCode, all).toBe(0);
  });

  it("leaves no process and no port after --stop, and goes on from there", async () => {
    const ports = listPorts();
    expect(await Promise.all(ports.map(isListening))).toEqual(ports.map(() => true));
    const { exitCode, lastLine } = await npm("run", "cluster", "--", "--stop");
    expect({ exitCode, lastLine }).toEqual({ exitCode: 0, lastLine: "stopped" });
    expect(findProcesses()).toEqual([]);
    expect(await Promise.all(ports.map(isListening))).toEqual(ports.map(() => false));
    const again = await npm("start", "--", "--cluster");
    expect(again.lastLine, again.all).toBe("up: no changes");
  });

  it("is taken out of the cluster by npm start, which writes files", async () => {
    const { all, exitCode, lastLine } = await npm("start");
    expect(exitCode, all).toBe(0);
    expect(lastLine).toMatch(/^up: \d+ changes$/);
    expect(await listObjects("Application")).toEqual([]);
    expect(await listObjects("OnePasswordItem")).toEqual([]);
    expect(existsSync(path.join(clone, ".berth/dev/gitops/k8s"))).toBe(true);
  });

  it("leaves nothing after --down", async () => {
    const ports = listPorts();
    const { exitCode } = await npm("start", "--", "--down");
    expect(exitCode).toBe(0);
    expect(findProcesses()).toEqual([]);
    expect(await Promise.all(ports.map(isListening))).toEqual(ports.map(() => false));
    expect(existsSync(path.join(clone, ".berth/dev"))).toBe(false);
  });
});
