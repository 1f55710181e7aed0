import { existsSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { type Document, isMap, parse, parseDocument } from "yaml";
import { projectFolder } from "../components/project-folder.ts";
import { connectAsSuperuser, type SuperuserLogin } from "./postgres/neighbour.ts";
import { freePort } from "./postgres/ports.ts";

/** A sandbox's stack file: the committed `Pulumi.dev.yaml` with what is the sandbox's own. */

/** What it says of the sandbox. */
interface StackFileOptions {
  readonly superuser: SuperuserLogin;
  /** Folder of the manifests. */
  readonly gitops: string;
  readonly clusterHome: string;
  readonly place?: "machine" | "cluster";
  readonly configure?: (config: Record<string, unknown>) => void;
}

/** Where Postgres seems to be in a sandbox's cluster. */
export const databaseNamespace = "db-postgres";

/** The user of the cluster's kubeconfig who has the rights that Berth needs, and no more. */
const context = "berth";

const preferredPort = 15433;

interface Written {
  readonly encryptionsalt?: string;
  readonly config: {
    readonly "berth:postgres": { readonly endpoint: Way };
    readonly "berth:cluster"?: { readonly identifier?: string };
  };
}

interface Way {
  readonly direct?: { readonly port: number };
  readonly kubernetes?: { readonly localPort: number };
}

function read(file: string): Written | undefined {
  return existsSync(file) ? (parse(readFileSync(file, "utf8")) as Written) : undefined;
}

/** What an earlier run wrote as the endpoint. */
export function readWay(file: string): Way {
  return read(file)?.config["berth:postgres"].endpoint ?? {};
}

/** Whether the stack reaches Postgres through the sandbox's cluster, and delivers there. */
export function isOnCluster(file: string): boolean {
  return readWay(file).kubernetes !== undefined;
}

/** The committed file with this sandbox's ports and cluster, and the salt that Pulumi wrote into its copy. */
export async function writeStackFile(file: string, options: StackFileOptions): Promise<void> {
  const { superuser, place, configure } = options;
  const document = parseDocument(readFileSync(path.join(projectFolder, "Pulumi.dev.yaml"), "utf8"));
  const previous = read(file);
  if (place === "cluster" || (place === undefined && isOnCluster(file))) {
    await placeOnCluster(document, previous, options.clusterHome);
  } else {
    const { port } = superuser;
    document.setIn(["config", "berth:postgres", "endpoint", "direct", "port"], port);
    const directory = path.relative(projectFolder, options.gitops);
    document.setIn(["config", "berth:gitops", "directory"], directory);
  }
  const identifier = await readSystemIdentifier(superuser);
  document.setIn(["config", "berth:postgres", "systemIdentifier"], identifier);
  if (configure !== undefined && isMap(document.get("config"))) {
    const config = (document.toJS() as { config: Record<string, unknown> }).config;
    configure(config);
    document.set("config", config);
  }
  if (previous?.encryptionsalt !== undefined)
    document.set("encryptionsalt", previous.encryptionsalt);
  writeFileSync(file, document.toString());
}

async function placeOnCluster(
  document: Document,
  previous: Written | undefined,
  clusterHome: string,
): Promise<void> {
  const kubeconfig = path.relative(projectFolder, path.join(clusterHome, "kubeconfig"));
  const { kubernetes } = previous?.config["berth:postgres"].endpoint ?? {};
  const kubernetesWay = {
    kubeconfig,
    context,
    namespace: databaseNamespace,
    service: "postgres-postgresql",
    localPort: kubernetes?.localPort ?? (await freePort(preferredPort)),
  };
  document.setIn(["config", "berth:postgres", "endpoint"], { kubernetes: kubernetesWay });
  document.deleteIn(["config", "berth:gitops"]);
  // Its context is the endpoint's.
  document.setIn(["config", "berth:cluster"], previous?.config["berth:cluster"] ?? {});
}

/** Says which cluster the stack is for, once it runs. */
export function pinCluster(file: string, identifier: string): void {
  const document = parseDocument(readFileSync(file, "utf8"));
  if (!document.hasIn(["config", "berth:cluster"])) return;
  document.setIn(["config", "berth:cluster", "identifier"], identifier);
  writeFileSync(file, document.toString());
}

async function readSystemIdentifier(superuser: SuperuserLogin): Promise<string> {
  const client = await connectAsSuperuser(superuser, "postgres");
  try {
    const { rows } = await client.query<{ id: string }>(
      "select system_identifier::text as id from pg_control_system()",
    );
    return rows[0]?.id ?? "";
  } finally {
    await client.end();
  }
}
