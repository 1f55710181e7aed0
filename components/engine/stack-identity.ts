import { randomBytes } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import path from "node:path";
import { toStackIdentity } from "../config/derive/identity.ts";
import type { Environment } from "../config/environment.ts";
import { readConfigFile } from "../config/environment.ts";
import { fileBeside, findStackFile, loadStackFromFile } from "../config/load.ts";
import type { StackIdentity } from "../config/spec/postgres.ts";
import type { StackSpec } from "../config/spec.ts";
import { parsePulumiYaml } from "../config/yaml/pulumi-yaml.ts";
import { BerthError } from "../errors.ts";
import { projectFolder } from "../project-folder.ts";
import { findBackendUrl, readProjectName } from "./file-backend.ts";

export interface StackPlace {
  /** Where `Pulumi.yaml` is. */
  readonly projectFolder: string;
  /** The stack file, if it is not the default one. */
  readonly file?: string | undefined;
  /** From the engine. undefined = no engine runs. */
  readonly organization?: string | undefined;
  readonly env: Environment;
}

export function identifyStack(spec: StackSpec, place: StackPlace): StackSpec {
  const { vaultFor } = spec;
  return {
    ...spec,
    postgres: { ...spec.postgres, stack: readIdentity(spec, place) },
    ...(vaultFor && {
      vaultFor: identifyStack(vaultFor, {
        ...place,
        file: fileBeside(place.file, vaultFor.stack),
      }),
    }),
  };
}

/** Loads a stack file and adds the stack's identity, for a CLI command. */
export function loadIdentifiedStack(stack: string, folder: string, file?: string): StackSpec {
  const spec = loadStackFromFile(stack, folder, file);
  return identifyStack(spec, { projectFolder: folder, file, env: process.env });
}

/** The stack that Pulumi runs, with its identity. Throws if another stack could have the same identity. */
export function requireIdentity(spec: StackSpec, organization: string): StackSpec {
  const file = readConfigFile();
  const identified = identifyStack(spec, { projectFolder, file, organization, env: process.env });
  const stacks = [identified, ...(identified.vaultFor === undefined ? [] : [identified.vaultFor])];
  const unknown = stacks.find(({ postgres }) => postgres.stack === undefined);
  if (unknown === undefined) return identified;
  const { stack } = unknown;
  const stackFile = path.relative(projectFolder, findStackFile(stack, projectFolder));
  const id = randomBytes(16).toString("hex");
  throw new BerthError(
    `stack ${stack}: nothing distinguishes this stack from another of the same name: ${stackFile} has no encryptionsalt and no encryptedkey (Berth looks at this file, whatever --config-file says)`,
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

/** The salt or key of the stack's encryption, from its stack file. It is random. */
function readSecrets(stack: string, file: string): string | undefined {
  if (!existsSync(file)) return undefined;
  const text = readFileSync(file, "utf8");
  const document = parsePulumiYaml(`stack ${stack}`, file, text) as StackSecrets | null;
  const found = document?.encryptionsalt ?? document?.encryptedkey;
  return typeof found === "string" && found !== "" ? found : undefined;
}
