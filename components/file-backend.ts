import { existsSync, readFileSync } from "node:fs";
import { homedir } from "node:os";
import path from "node:path";
import { parse } from "yaml";

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * The folder of a backend of files, as Pulumi itself finds out; undefined = it is another kind.
 *
 * @param project Where `Pulumi.yaml` is.
 * @see https://www.pulumi.com/docs/iac/concepts/state-and-backends/
 */
export function findFileBackend(project: string, env: Environment): string | undefined {
  const credentials = env["PULUMI_CREDENTIALS_PATH"] || pulumiHome(env);
  const url =
    env["PULUMI_BACKEND_URL"] ||
    readKey(path.join(project, "Pulumi.yaml"), (d) => d?.backend?.url) ||
    readKey(path.join(credentials, "credentials.json"), (d) => d?.current);
  if (url?.startsWith("file://") !== true) return undefined;
  const folder = url.slice("file://".length).replace(/^~(?=\/|$)/, homedir());
  return path.resolve(project, folder);
}

/** The project's name, under which a backend keeps its stacks; undefined = `Pulumi.yaml` has none. */
export function readProjectName(project: string): string | undefined {
  return readKey(path.join(project, "Pulumi.yaml"), (d) => d?.name);
}

/** Where Pulumi keeps plugins and who is logged in. */
export function pulumiHome(env: Environment): string {
  return env["PULUMI_HOME"] || path.join(homedir(), ".pulumi");
}

type Document = { name?: string; backend?: { url?: string }; current?: string } | null;

function readKey(file: string, key: (document: Document) => string | undefined) {
  if (!existsSync(file)) return undefined;
  try {
    return key(parse(readFileSync(file, "utf8")) as Document);
  } catch {
    // Not ours to judge, and it may quote a token: Pulumi says it when it is asked.
    return undefined;
  }
}
