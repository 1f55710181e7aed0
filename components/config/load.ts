import { existsSync, readFileSync, statSync } from "node:fs";
import path from "node:path";
import { isDeepStrictEqual } from "node:util";
import { didYouMean } from "../closest.ts";
import { exampleFile } from "../command-line.ts";
import { BerthError } from "../errors.ts";
import { isMapping } from "../mapping.ts";
import { findVaultFor, toVaultStack } from "./derive/vault-for.ts";
import { listStacks } from "./list-stacks.ts";
import { parseStack } from "./parse.ts";
import {
  findSecretPaths,
  refuseSecretValues,
  type SecretPath,
  secretOfProject,
} from "./secret-values.ts";
import type { StackSpec } from "./spec.ts";
import { type Locate, locateIn } from "./yaml/locate.ts";
import { describePlainWords } from "./yaml/plain-words.ts";
import { parsePulumiYaml } from "./yaml/pulumi-yaml.ts";

/**
 * The stack configuration outside of the engine, for `verify` and the other verbs: read as Pulumi reads it.
 * `load-from-engine.ts` takes it from Pulumi itself. One schema, parsed once.
 */

export const prefix = "berth:";

/**
 * Reads a stack for the verbs; inside the engine `load-from-engine.ts` does.
 *
 * @param file As in `pulumi up --config-file`; undefined = `Pulumi.<stack>.yaml` in the project folder.
 * @throws BerthError if there is no such file, it is not YAML, or it has mistakes.
 */
export function loadStackFromFile(stack: string, projectFolder: string, file?: string): StackSpec {
  const { values, text } = readStackFile(stack, projectFolder, file);
  const vaultStack = loadVaultStack(stack, projectFolder, values, file);
  if (vaultStack !== undefined) return vaultStack;
  const name = file ?? `Pulumi.${stack}.yaml`;
  return parseStack(stack, values, name, {
    locate: (keys) => locateIn(name, text, prefix)(keys),
    problems: describePlainWords(text, values),
  });
}

/** A stack with `berth:vaultFor`, from the file of the stack that it names; undefined = it has apps of its own. */
export function loadVaultStack(
  stack: string,
  projectFolder: string,
  values: StackFile["values"],
  file: string | undefined,
): StackSpec | undefined {
  const target = findVaultFor(stack, values);
  if (target === undefined) return undefined;
  const beside = fileBeside(file, target);
  return toVaultStack(stack, values, loadStackFromFile(target, projectFolder, beside));
}

/** Finds key paths in the file that Pulumi has read. A file with other values is another one, and has none. */
export function locateInStackFile(
  stack: string,
  projectFolder: string,
  values: StackFile["values"],
): Locate {
  const open = (): Locate => {
    try {
      const found = readStackFile(stack, projectFolder);
      if (isDeepStrictEqual(found.values, values)) {
        return locateIn(path.basename(found.target), found.text, prefix);
      }
    } catch {
      // It is only about the place of a problem; the problem itself is reported.
    }
    return () => undefined;
  };
  let locate: Locate | undefined;
  return (keys) => (locate ??= open())(keys);
}

/** What Berth needs of `Pulumi.yaml` (https://www.pulumi.com/docs/iac/concepts/projects/project-file/). */
interface Project {
  readonly name?: string;
  /** Folder of the stack files, relative to that of `Pulumi.yaml`. */
  readonly stackConfigDir?: string;
  /** Values for all stacks: plain, as `{ value }`, or as `{ default }`. */
  readonly config?: Readonly<Record<string, unknown>>;
}

function readProject(stack: string, projectFolder: string): Project {
  const file = path.join(projectFolder, "Pulumi.yaml");
  if (!existsSync(file)) return {};
  const text = readFileSync(file, "utf8");
  return parsePulumiYaml(`stack ${stack}`, file, text) ?? {};
}

/** A stack file as it is written. */
export interface StackFile {
  readonly target: string;
  readonly text: string;
  /** What is under `config:`, without the `berth:` prefix. */
  readonly values: Readonly<Record<string, unknown>>;
}

/** Where Pulumi looks for the configuration of a stack. */
export function findStackFile(stack: string, projectFolder: string, file?: string): string {
  if (file !== undefined) return path.resolve(projectFolder, file);
  const { stackConfigDir = "" } = readProject(stack, projectFolder);
  return path.join(projectFolder, stackConfigDir, `Pulumi.${stack}.yaml`);
}

/** The file of another stack in the same folder; undefined = both are where Pulumi looks for them. */
export function fileBeside(file: string | undefined, stack: string): string | undefined {
  return file && path.join(path.dirname(file), `Pulumi.${stack}.yaml`);
}

const fixForFile = "name a file with --config-file, or leave it out for Pulumi.<stack>.yaml";

/** The same file before its values are checked. Only secret ones are refused. */
export function readStackFile(stack: string, projectFolder: string, file?: string): StackFile {
  const project = readProject(stack, projectFolder);
  const target = findStackFile(stack, projectFolder, file);
  const found = statSync(target, { throwIfNoEntry: false });
  if (found?.isDirectory() === true) {
    throw new BerthError(`stack ${stack}: the stack file ${target} is a folder`, {
      hint: fixForFile,
    });
  }
  if (found === undefined) {
    const stacks = listStacks(path.dirname(target));
    const known = `${didYouMean(stack, stacks) || ";"} stacks with a file: ${stacks.join(", ") || "none"}`;
    throw new BerthError(`stack ${stack}: there is no stack file ${target}${known}`, {
      hint:
        file === undefined
          ? `name an existing stack with --stack, or copy ${exampleFile} to Pulumi.${stack}.yaml and edit it`
          : fixForFile,
    });
  }
  const text = readFileSync(target, "utf8");
  const values = parseValues(stack, project, { target, text });
  refuseSecretValues(
    stack,
    Object.keys(values).flatMap((key) => listSecretPaths(values, key)),
  );
  return { target, text, values };
}

/**
 * Refuses keys of which Pulumi says that they hold a secret. Where it is in the value, the stack file says, unless it
 * is a file with another name.
 *
 * @param keys Without the `berth:` prefix.
 */
export function refuseSecretKeys(
  stack: string,
  projectFolder: string,
  keys: readonly string[],
): void {
  if (keys.length === 0) return;
  const project = readProject(stack, projectFolder);
  const target = findStackFile(stack, projectFolder);
  const isFile = statSync(target, { throwIfNoEntry: false })?.isFile() === true;
  const text = isFile ? readFileSync(target, "utf8") : "";
  const values = parseValues(stack, project, { target, text });
  const paths = keys.flatMap((key) => {
    const found = listSecretPaths(values, key);
    return found.length === 0 ? [{ path: `${prefix}${key}`, isOfProject: false }] : found;
  });
  refuseSecretValues(stack, paths);
}

function listSecretPaths(values: StackFile["values"], key: string): SecretPath[] {
  const path = `${prefix}${key}`;
  if (values[key] === secretOfProject) return [{ path, isOfProject: true }];
  return findSecretPaths(values[key], path).map((one) => ({ path: one, isOfProject: false }));
}

function parseValues(
  stack: string,
  project: Project,
  { target, text }: Pick<StackFile, "target" | "text">,
): StackFile["values"] {
  const document = (parsePulumiYaml(`stack ${stack}`, target, text) ?? {}) as Project;
  for (const [what, part] of Object.entries({ it: document, config: document.config ?? {} })) {
    if (isMapping(part)) continue;
    throw new BerthError(
      `stack ${stack}: the stack file ${target} is not usable: ${what} is not a map of keys and values`,
      { hint: `write it as in ${exampleFile}` },
    );
  }
  const ofProject = toOwn(project, Object.entries(project.config ?? {}).map(toProjectValue));
  const ofStack = toOwn(project, Object.entries(document.config ?? {}));
  for (const own of [ofProject, ofStack]) refuseTwoNames(stack, own);
  return Object.fromEntries([...ofProject, ...ofStack]);
}

/** Pulumi takes either value, by chance. */
function refuseTwoNames(stack: string, own: readonly (readonly [string, unknown])[]): void {
  const keys = own.map(([key]) => key);
  const twice = keys.find((key, index) => keys.indexOf(key) !== index);
  if (twice === undefined) return;
  const key = `${prefix}${twice}`;
  throw new BerthError(
    `stack ${stack}: the configuration has ${key} under two names, and Pulumi takes either`,
    { hint: `keep ${key} alone` },
  );
}

/** A key without a namespace is the project's own. */
function toOwn(
  { name = "berth" }: Project,
  entries: readonly (readonly [string, unknown])[],
): readonly (readonly [string, unknown])[] {
  return (
    entries
      .map(([key, value]) => [key.includes(":") ? key : `${name}:${key}`, value] as const)
      .filter(([key]) => key.startsWith(prefix))
      // Pulumi's former name of a key is `berth:config:apps`.
      .map(([key, value]) => [key.slice(prefix.length).replace(/^config:/, ""), value] as const)
  );
}

/** Pulumi keeps a value with `secret: true` as one that `config set --secret` wrote. */
function toProjectValue([key, given]: readonly [string, unknown]): readonly [string, unknown] {
  if (typeof given !== "object" || given === null) return [key, given];
  const { value, default: preset, secret } = given as ProjectValue;
  return [key, secret === true ? secretOfProject : (value ?? preset)];
}

/** A value of `config` in Pulumi.yaml. */
interface ProjectValue {
  readonly value?: unknown;
  readonly default?: unknown;
  readonly secret?: boolean;
}
