import { readFileSync } from "node:fs";
import { join } from "node:path";
import { findOwnFolder, isPackage } from "../../components/command-line.ts";
import { findPlugins, type PluginName } from "../../components/config/plugins.ts";
import type { StackSpec } from "../../components/config/spec.ts";
import { pulumiHome } from "../../components/engine/file-backend.ts";
import { BerthError, messageOf, type Problem, toOneError } from "../../components/errors.ts";
import { isAtLeast } from "../../toolchain/ambient.ts";
import { isComplete, pluginFolder } from "../../toolchain/cache.ts";
import { type Part, partNamed, partVersion } from "../../toolchain/parts.ts";
import type { Outcome, Passed, Report } from "./report.ts";
import type { World } from "./world.ts";

/** Checks of the programs that a run needs: Node, Pulumi, and the plugins of the stack's resources. */

const group = "machine";

/** Checks the first Node on PATH, which Pulumi's language host starts. */
export async function checkNode(report: Report, world: World): Promise<void> {
  const fix = `install Node ${oldestNode()} or newer, or put it first on PATH; node --version must show it`;
  await report.check({ group, name: "Node", fix }, [], () =>
    requireVersion(world, ["node", "--version"], oldestNode()),
  );
}

export async function checkPulumi(report: Report, world: World): Promise<Outcome<string>> {
  const wanted = `v${partVersion(partNamed("pulumi"))}`;
  const fix = "install it from https://www.pulumi.com/docs/install/; pulumi version must show it";
  return await report.check({ group, name: "Pulumi", fix }, [], () =>
    requireVersion(world, ["pulumi", "version"], wanted),
  );
}

/** A program on PATH, no older than that. */
async function requireVersion(
  world: World,
  [program, option]: readonly [string, string],
  oldest: string,
): Promise<Passed<string>> {
  const ran = await world.run(program, [option]);
  if (ran === undefined) throw new BerthError(`there is no ${program} on PATH`);
  const version = ran.stdout.trim();
  if (ran.exitCode !== 0 || !isAtLeast(version, oldest)) {
    throw new BerthError(
      `the ${program} on PATH is ${version || "broken"}; Berth needs ${oldest} or newer`,
    );
  }
  return { value: version, detail: version };
}

export async function checkPlugins(
  report: Report,
  world: World,
  needs: readonly [pulumi: Outcome<string>, spec: Outcome<StackSpec>],
): Promise<void> {
  const fix = isPackage
    ? "pulumi install gets them"
    : "node toolchain/run.mjs toolchain/main.ts --help says how to get them";
  await report.check({ group, name: "plugins", fix }, needs, async (_, spec) => {
    const names = findPlugins(spec, world.env);
    if (names.length === 0) return { detail: "the stack needs none" };
    const states = await Promise.all(names.map((name) => inspectPlugin(world, name)));
    const problems = states.flatMap((state) => ("problem" in state ? [state.problem] : []));
    if (problems.length > 0) throw toOneError("Pulumi's plugins", problems);
    return {
      detail: states.flatMap((state) => ("detail" in state ? [state.detail] : [])).join(", "),
    };
  });
}

async function inspectPlugin(
  world: World,
  name: PluginName,
): Promise<{ detail: string } | { problem: Problem }> {
  const part = partNamed(name);
  const version = partVersion(part);
  if (isComplete(join(pluginFolder(pulumiHome(world.env), part), part.binary))) {
    return { detail: `${name} ${version}` };
  }
  const absent = `the plugin ${name} ${version} is not in ${pulumiHome(world.env)}`;
  if (isTrue(world.env["PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION"])) {
    const what = `${absent}, and PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION keeps Pulumi from getting it`;
    return { problem: { what, fix: installCommand(part) } };
  }
  try {
    await world.reach(part.site);
    return { detail: `${name} ${version} (Pulumi gets it in the first run)` };
  } catch (error) {
    const what = `${absent}, and cannot be downloaded: ${messageOf(error)}`;
    const fix = isPackage
      ? `${installCommand(part)}, where the network allows it`
      : `node toolchain/run.mjs toolchain/main.ts --parts ${name} builds it; run pulumi with the variables that it prints`;
    return { problem: { what, fix } };
  }
}

function installCommand(part: Part): string {
  const server = part.server === undefined ? "" : ` --server ${part.server}`;
  return `pulumi plugin install resource ${part.name} ${partVersion(part)}${server}`;
}

function isTrue(value: string | undefined): boolean {
  return value === "true" || value === "1";
}

function oldestNode(): string {
  const manifest = JSON.parse(readFileSync(join(findOwnFolder(), "package.json"), "utf8")) as {
    readonly engines: { readonly node: string };
  };
  return manifest.engines.node.replace(/^>=/, "");
}
