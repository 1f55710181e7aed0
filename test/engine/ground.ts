import { existsSync, readFileSync } from "node:fs";
import path from "node:path";
import { parse } from "yaml";
import { parseUrn } from "../../components/urn.ts";
import { readNeighbour } from "../../dev/neighbour-check.ts";
import type { Ground } from "../faults/count.ts";
import type { Bed, Config } from "./bed.ts";

/** Resources that have the name of their app. */
const ofApps = ["berth:postgres:AppDatabase", "berth:postgres:StockDatabase"];

/** Where rows are that no fault may cost, and the stack, if it is not the sandbox's. */
interface Kept {
  readonly database?: string;
  readonly table?: string;
  readonly stack?: () => string;
}

/** Finds what faults cost: rows, apps that are missing in state, the neighbour, secrets in what Pulumi printed. */
export function openGround(bed: Bed, { database, table = "kept", stack }: Kept = {}): Ground {
  const { sandbox } = bed;
  return {
    ...(database === undefined
      ? {}
      : { countRows: async () => (await bed.sql(`select from ${table}`, database)).length }),
    findLostState: () => Promise.resolve(findLost(bed, stack?.() ?? sandbox.stack)),
    readNeighbour: () => readNeighbour(sandbox),
    findSecrets: () => {
      const printed = bed.outputs.join("\n");
      return bed.secrets().filter((secret) => printed.includes(secret));
    },
  };
}

/** Apps of the stack file that state does not have. */
function findLost({ sandbox }: Bed, stack: string): readonly string[] {
  const { config } = parse(readFileSync(sandbox.stackFile, "utf8")) as { config: Config };
  const file = path.join(sandbox.home, `state/.pulumi/stacks/berth/${stack}.json`);
  if (!existsSync(file)) return Object.keys(config["berth:apps"]);
  const { checkpoint } = JSON.parse(readFileSync(file, "utf8")) as {
    checkpoint: { latest?: { resources?: { urn: string }[] } };
  };
  const known = (checkpoint.latest?.resources ?? []).map(({ urn }) => parseUrn(urn));
  return Object.keys(config["berth:apps"]).filter(
    (app) => !known.some(({ type, name }) => name === app && ofApps.includes(type)),
  );
}
