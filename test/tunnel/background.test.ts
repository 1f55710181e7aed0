import { spawn } from "node:child_process";
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, expect, test } from "vitest";
import { type Cluster, startCluster } from "./cluster.ts";

let cluster: Cluster;

beforeEach(async () => {
  cluster = await startCluster();
});

afterEach(async () => {
  await cluster.stop();
});

const script = fileURLToPath(new URL("./background-child.ts", import.meta.url));

test("the local port and an idle connection on it do not keep the program alive, yet serve", async () => {
  const file = join(cluster.folder, "spec.json");
  writeFileSync(file, JSON.stringify(cluster.spec()));
  const child = spawn(process.execPath, [script, file], { stdio: ["ignore", "pipe", "pipe"] });
  let output = "";
  child.stdout.on("data", (chunk: Buffer) => (output += chunk.toString()));
  child.stderr.on("data", (chunk: Buffer) => (output += chunk.toString()));
  const hung = setTimeout(() => child.kill("SIGKILL"), 20_000);
  const [code, signal] = (await once(child, "close")) as [number | null, string | null];
  clearTimeout(hung);
  expect({ output, code, signal }).toEqual({
    output: "ready\nbeforeExit\nserved\n",
    code: 0,
    signal: null,
  });
}, 30_000);
