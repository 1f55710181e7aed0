import { existsSync, readFileSync } from "node:fs";
import path from "node:path";
import { toShellWord } from "../../components/command-line.ts";
import { findFileBackend } from "../../components/engine/file-backend.ts";
import { BerthError } from "../../components/errors.ts";
import { toShownText } from "../../components/kubernetes/error.ts";
import { type Outcome, type Passed, type Report, warn } from "./report.ts";
import type { World } from "./world.ts";

/**
 * Where Pulumi keeps the state. A folder that is empty is checked without Pulumi, because any command of Pulumi
 * writes a file into it. Otherwise the checks ask Pulumi, which writes nothing but its log.
 */

const group = "machine";

interface Backend {
  readonly url: string;
  readonly isEmpty: boolean;
}

/** Whether Pulumi is logged in, and to what. */
export async function checkBackend(
  report: Report,
  world: World,
  pulumi: Outcome<string>,
): Promise<Outcome<Backend>> {
  const fix =
    "pulumi login (Pulumi Cloud), pulumi login --local (files in your home), or export PULUMI_BACKEND_URL";
  return await report.check(
    { group, name: "backend", fix },
    [pulumi],
    async (): Promise<Passed<Backend>> => {
      const folder = findFileBackend(world.project, world.env)?.folder;
      if (folder !== undefined && !existsSync(folder)) {
        throw new BerthError(`the backend's folder ${folder} does not exist`, {
          hint: `mkdir -p ${toShellWord(folder)}, or correct PULUMI_BACKEND_URL`,
        });
      }
      if (folder !== undefined && isEmpty(folder)) {
        const url = `file://${folder}`;
        return { value: { url, isEmpty: true }, detail: `${url}, which is empty` };
      }
      const answer = await askPulumi(world, ["whoami", "--json", "--verbose"]);
      const { url: address = "", user = "" } = answer as { url?: string; user?: string };
      const url = toShownText(address);
      return { value: { url, isEmpty: false }, detail: `${url} as ${user}` };
    },
  );
}

export async function checkStackExists(
  report: Report,
  world: World,
  stack: string,
  backend: Outcome<Backend>,
): Promise<Outcome<undefined>> {
  const fix = `pulumi stack init ${stack}`;
  return await report.check(
    { group, name: "stack", fix },
    [backend],
    async ({ url, isEmpty: none }) => {
      const answer = none ? [] : await askPulumi(world, ["stack", "ls", "--json"]);
      const names = (answer as readonly { name: string }[]).map(({ name }) => name);
      // Pulumi Cloud may put the organization before the name.
      if (!names.some((name) => name.split("/").at(-1) === stack)) {
        throw new BerthError(
          `the backend has no stack "${stack}" of this project; it has ${names.join(", ") || "none"}`,
        );
      }
      return { detail: `${stack} is in ${url}` };
    },
  );
}

/** The passphrase of the secrets in state. Pulumi Cloud needs none. */
export async function checkPassphrase(
  report: Report,
  world: World,
  stackFile: string,
  backend: Outcome<Backend>,
): Promise<void> {
  const fix = "export PULUMI_CONFIG_PASSPHRASE_FILE, the path of a file that holds the passphrase";
  await report.check({ group, name: "passphrase", fix }, [backend], ({ url }) => {
    const file = world.env["PULUMI_CONFIG_PASSPHRASE_FILE"];
    const hasOther =
      existsSync(stackFile) && /^secretsprovider:/m.test(readFileSync(stackFile, "utf8"));
    if (/^https?:/.test(url) || hasOther) {
      return { detail: "none is needed: the secrets have another key" };
    }
    // The variable wins over the file. An empty passphrase is one too.
    if (world.env["PULUMI_CONFIG_PASSPHRASE"] !== undefined) {
      return { detail: "PULUMI_CONFIG_PASSPHRASE is set" };
    }
    if (file === undefined || file === "") {
      const detail = "neither PULUMI_CONFIG_PASSPHRASE nor PULUMI_CONFIG_PASSPHRASE_FILE is set";
      return warn(`${detail}: Pulumi asks`, fix);
    }
    if (existsSync(path.resolve(world.project, file))) {
      return { detail: "PULUMI_CONFIG_PASSPHRASE_FILE is set" };
    }
    throw new BerthError(`PULUMI_CONFIG_PASSPHRASE_FILE names ${file}, which does not exist`);
  });
}

/** The JSON output of a Pulumi command. Throws when the command fails. */
export async function askPulumi(world: World, args: readonly string[]): Promise<unknown> {
  const ran = await world.run("pulumi", [...args, "--non-interactive"]);
  const said = toShownText(ran?.stderr ?? "").replace(/^error: /, "");
  const command = `pulumi ${args.join(" ")}`;
  if (ran?.exitCode !== 0) throw new BerthError(`${command} failed: ${said || "no message"}`);
  try {
    return JSON.parse(ran.stdout);
  } catch {
    throw new BerthError(`${command} did not answer in JSON: ${toShownText(ran.stdout)}`);
  }
}

function isEmpty(folder: string): boolean {
  return !["meta.yaml", "stacks"].some((name) => existsSync(path.join(folder, ".pulumi", name)));
}
