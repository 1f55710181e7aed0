import { randomBytes } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import path from "node:path";
import { toStackIdentity } from "../config/derive/identity.ts";
import { findStackFile, loadStackFromFile } from "../config/load.ts";
import { parsePulumiYaml } from "../config/pulumi-yaml.ts";
import type { StackIdentity, StackSpec } from "../config/spec.ts";
import { BerthError } from "../errors.ts";
import { projectFolder } from "../project-folder.ts";
import { findBackendUrl, readProjectName } from "./file-backend.ts";

/** Where a stack is looked for. */
export interface StackPlace {
  /** Where `Pulumi.yaml` is. */
  readonly projectFolder: string;
  /** The stack file, if it is not the default one. */
  readonly file?: string | undefined;
  /** As the engine says; undefined = the engine does not run. */
  readonly organization?: string | undefined;
  readonly env: Readonly<Record<string, string | undefined>>;
}

/** A stack with its identity, as far as it has one. */
export function identifyStack(spec: StackSpec, place: StackPlace): StackSpec {
  return { ...spec, postgres: { ...spec.postgres, stack: readIdentity(spec, place) } };
}

/** The same of a stack file, for a verb. */
export function loadIdentifiedStack(stack: string, folder: string, file?: string): StackSpec {
  const spec = loadStackFromFile(stack, folder, file);
  return identifyStack(spec, { projectFolder: folder, file, env: process.env });
}

/** The stack that Pulumi is running; throws where another one could have the same identity. */
export function requireIdentity(spec: StackSpec, organization: string): StackSpec {
  // The option itself is not shown to the program.
  const file = process.env["PULUMI_OPTION_CONFIG_FILE"] || undefined;
  const identified = identifyStack(spec, { projectFolder, file, organization, env: process.env });
  if (identified.postgres.stack !== undefined) return identified;
  const looked = path.relative(projectFolder, findStackFile(spec.stack, projectFolder));
  const id = randomBytes(16).toString("hex");
  throw new BerthError(
    `stack ${spec.stack}: nothing tells this stack from another of the same name: ${looked} has no encryptionsalt and no encryptedkey (Berth looks at this file, whatever --config-file says)`,
    { hint: `add to the stack file, and keep it: berth:stack: { id: ${id} }` },
  );
}

function readIdentity(
  { stack, stackId }: Pick<StackSpec, "stack" | "stackId">,
  { projectFolder, file, organization, env }: StackPlace,
): StackIdentity | undefined {
  return toStackIdentity({
    stack,
    project: readProjectName(projectFolder) ?? "",
    organization,
    backend: findBackendUrl(projectFolder, env),
    id: stackId,
    secrets: readSecrets(stack, findStackFile(stack, projectFolder, file)),
  });
}

interface StackSecrets {
  readonly encryptionsalt?: unknown;
  readonly encryptedkey?: unknown;
}

/** What Pulumi encrypts the stack's secrets with: random, and kept with the configuration. */
function readSecrets(stack: string, file: string): string | undefined {
  if (!existsSync(file)) return undefined;
  const text = readFileSync(file, "utf8");
  const document = parsePulumiYaml(`stack ${stack}`, file, text) as StackSecrets | null;
  const found = document?.encryptionsalt ?? document?.encryptedkey;
  return typeof found === "string" && found !== "" ? found : undefined;
}
