import type { Ground } from "../../faults/count.ts";
import { type DatabaseBed, inputsOf } from "./bed.ts";

/** An app of the stack with rows, which no fault of a file is about. */
const keeper = "keeper";

/** Makes the app, and finds what the faults cost: its rows, its state, the neighbour, secrets in what was reported. */
export async function openGround(bed: DatabaseBed): Promise<Ground> {
  const made = await bed.up(inputsOf(keeper));
  await bed.sqlAs(keeper, keeper, "create table kept as select generate_series(1, 1000) as id");
  return {
    countRows: async () => (await bed.sqlAs(keeper, keeper, "select from kept")).length,
    // Pulumi forgets a resource that the provider does not find.
    findLostState: async () => ((await bed.refresh(made)) === undefined ? [keeper] : []),
    readNeighbour: () => bed.neighbour(),
    findSecrets: () => bed.said.filter((text) => /password-of-|SCRAM-SHA-256\$/.test(text)),
  };
}
