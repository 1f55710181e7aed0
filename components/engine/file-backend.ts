import { existsSync, readFileSync } from "node:fs";
import { homedir } from "node:os";
import path from "node:path";
import { parse } from "yaml";
import type { Environment } from "../config/environment.ts";

/** A backend of files, and this project in it. It may also have the states of other projects. */
export interface FileBackend {
  /** The folder that contains `.pulumi`. */
  readonly folder: string;
  /** The name in `Pulumi.yaml`. */
  readonly project: string;
}

/**
 * Finds the backend of files as Pulumi does. undefined = it is of another kind, or the project has no name.
 *
 * @param projectFolder Where `Pulumi.yaml` is.
 * @see https://www.pulumi.com/docs/iac/concepts/state-and-backends/
 */
export function findFileBackend(projectFolder: string, env: Environment): FileBackend | undefined {
  const url = findBackendUrl(projectFolder, env);
  const project = readProjectName(projectFolder);
  if (url?.startsWith("file://") !== true || !project) return undefined;
  const [address = ""] = url.slice("file://".length).split("?");
  const folder = address.replace(/^~(?=\/|$)/, homedir());
  return { folder: path.resolve(projectFolder, folder), project };
}

/** Address of the backend. undefined = Pulumi asks, or uses Pulumi Cloud. */
export function findBackendUrl(projectFolder: string, env: Environment): string | undefined {
  const credentials = env["PULUMI_CREDENTIALS_PATH"] || pulumiHome(env);
  return (
    env["PULUMI_BACKEND_URL"] ||
    readPulumiFile(path.join(projectFolder, "Pulumi.yaml"))?.backend?.url ||
    readPulumiFile(path.join(credentials, "credentials.json"))?.current
  );
}

export function readProjectName(projectFolder: string): string | undefined {
  return readPulumiFile(path.join(projectFolder, "Pulumi.yaml"))?.name;
}

/** The state of a stack as text. Empty if there is none. */
export function readState({ folder, project }: FileBackend, stack: string): string {
  const file = path.join(folder, ".pulumi/stacks", project, `${stack}.json`);
  return existsSync(file) ? readFileSync(file, "utf8") : "";
}

/** Packages of the resources in a state: Pulumi needs their plugins to delete what left the program. */
export function findStatePackages(state: string): string[] {
  const providers = state.matchAll(/"pulumi:providers:([\w-]+)"/g);
  return [...new Set([...providers].map(([, name = ""]) => name))];
}

/** The folder where Pulumi keeps plugins and logins. */
export function pulumiHome(env: Environment): string {
  return env["PULUMI_HOME"] || path.join(homedir(), ".pulumi");
}

/** What Berth reads of Pulumi.yaml, of the logins, and of a project's workspace (`workspace.Settings` of the CLI). */
interface PulumiFile {
  readonly name?: string;
  readonly backend?: { readonly url?: string };
  readonly current?: string;
  /** The selected stack, from older Pulumi: for all backends. */
  readonly stack?: string;
  /** The selected stacks, by the address of the backend. */
  readonly stacks?: Readonly<Record<string, string>>;
}

/** undefined = there is no such file, or it is broken. */
export function readPulumiFile(file: string): PulumiFile | undefined {
  if (!existsSync(file)) return undefined;
  try {
    return (parse(readFileSync(file, "utf8"), { logLevel: "error" }) as PulumiFile | null) ?? {};
  } catch {
    // Pulumi reports the broken file itself. The error here may quote a token.
    return undefined;
  }
}
