import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { findOwnFolder, isPackage } from "../../components/command-line.ts";
import { findPlugins, type PluginName } from "../../components/config/plugins.ts";
import type { StackSpec } from "../../components/config/spec.ts";
import { pulumiHome } from "../../components/engine/file-backend.ts";
import { BerthError, toOneError } from "../../components/errors.ts";
import { isAtLeast } from "../../toolchain/ambient.ts";
import { pluginFolder } from "../../toolchain/cache.ts";
import { type Part, partNamed, partVersion } from "../../toolchain/parts.ts";
import type { Outcome, Passed, Report } from "./report.ts";
import type { World } from "./world.ts";

/** Checks of the programs that a run needs: Node, Pulumi, and the plugins of the stack's resources. */

const group = "machine";

/** Checks the first Node on PATH, which Pulumi's language host starts. */
export async function checkNode(report: Report, world: World): Promise<void> {
  const fix = `install Node ${oldestNode()} or newer, or put it first on PATH; node --version must show it`;
  await report.check({ group, name: "Node", fix }, [], async () => {
    const ran = await world.run("node", ["--version"]);
    if (ran === undefined) throw new BerthError("there is no node on PATH");
    const version = ran.stdout.trim();
    if (ran.exitCode !== 0 || !isAtLeast(version, oldestNode())) {
      throw new BerthError(
        `the node on PATH is ${version || "broken"}; Berth needs ${oldestNode()} or newer`,
      );
    }
    return { value: undefined, detail: version };
  });
}

/** Checks the `pulumi` on PATH. The value is its version. */
export async function checkPulumi(report: Report, world: World): Promise<Outcome<string>> {
  const wanted = partVersion(partNamed("pulumi"));
  const fix = "install it from https://www.pulumi.com/docs/install/; pulumi version must show it";
  return await report.check({ group, name: "Pulumi", fix }, [], async () => {
    const ran = await world.run("pulumi", ["version"]);
    if (ran === undefined) throw new BerthError("there is no pulumi on PATH");
    const version = ran.stdout.trim();
    if (ran.exitCode !== 0 || !isAtLeast(version, wanted)) {
      throw new BerthError(
        `the pulumi on PATH is ${version || "broken"}; Berth needs v${wanted} or newer`,
      );
    }
    return { value: version, detail: version };
  });
}

/** Checks the plugins of the stack's resources. */
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
    if (names.length === 0) return { value: undefined, detail: "the stack needs none" };
    const states = await Promise.all(names.map((name) => inspectPlugin(world, name)));
    const problems = states.flatMap((state) => ("problem" in state ? [state.problem] : []));
    if (problems.length > 0) throw toOneError("Pulumi's plugins", problems);
    return {
      value: undefined,
      detail: states.flatMap((state) => ("detail" in state ? [state.detail] : [])).join(", "),
    } satisfies Passed<undefined>;
  });
}

async function inspectPlugin(
  world: World,
  name: PluginName,
): Promise<{ detail: string } | { problem: string }> {
  const part = partNamed(name);
  const version = partVersion(part);
  const folder = pluginFolder(pulumiHome(world.env), part);
  if (existsSync(join(folder, part.binary)) && !existsSync(`${folder}.partial`)) {
    return { detail: `${name} ${version}` };
  }
  const absent = `the plugin ${name} ${version} is not in ${pulumiHome(world.env)}`;
  if (isTrue(world.env["PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION"])) {
    return {
      problem: `${absent}, and PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION keeps Pulumi from getting it\n    fix: ${installCommand(part)}`,
    };
  }
  try {
    await world.reach(part.site);
    return { detail: `${name} ${version} (Pulumi gets it in the first run)` };
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    const fix = isPackage
      ? `${installCommand(part)}, where the network allows it`
      : `node toolchain/run.mjs toolchain/main.ts --parts ${name} builds it; run pulumi with the variables that it prints`;
    return { problem: `${absent}, and cannot be downloaded: ${reason}\n    fix: ${fix}` };
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
