import { expect, it } from "vitest";
import { PostgresServer } from "../../../components/postgres/server/postgres-server.ts";
import { parseAppDatabase, parseStored } from "../../../provider/app-database/inputs.ts";
import { toRequest } from "../../../provider/app-database/request.ts";
import { retireApp } from "../../../provider/app-database/retire.ts";
import { applyApp } from "../../../provider/app-database/up.ts";
import { admin, inputsOf } from "./bed.ts";
import { keepNeighbour, useBed } from "./use-bed.ts";

/** A role that is given up between the look and the change. */

const bed = useBed();
keepNeighbour(bed);

const giveUp = (role: string): string => `revoke berth_prod from ${role} granted by ${admin.name}`;

it("changes nothing about a login that is not the stack's any more when its database is to be dropped", async () => {
  const { inputs } = await bed.up(inputsOf("moved", { reclaimPolicy: "delete" }));
  const state = parseStored(inputs);
  if (state === undefined) throw new Error("no state");
  const server = new PostgresServer(bed.serverConfig({ confirmDelete: ["moved"] }));
  const run = server.runTogether.bind(server);
  server.runTogether = async (...args) => {
    await bed.sql(`${giveUp("moved")}; alter role moved nologin`);
    await run(...args);
  };
  bed.clearLog();
  try {
    await expect(retireApp(server, state, () => false)).rejects.toThrow(
      "role moved is not a member of berth_prod",
    );
  } finally {
    await server.close();
  }
  expect(bed.writes()).toEqual([]);
});

it("changes nothing about a role that was given up while its app waited for a session", async () => {
  await bed.up(inputsOf("waited"));
  const known = parseAppDatabase(inputsOf("waited", { owner: { connectionLimit: 5 } }));
  if (known === undefined) throw new Error("no inputs");
  const config = bed.serverConfig();
  const server = new PostgresServer(config);
  const enter = server.withDatabase.bind(server);
  server.withDatabase = async (...args) => {
    await bed.sql(giveUp("waited"));
    return await enter(...args);
  };
  bed.clearLog();
  try {
    const request = toRequest(known, undefined, config, () => false);
    await expect(applyApp(server, request, () => undefined)).rejects.toThrow(
      "role waited is not a member of berth_prod",
    );
  } finally {
    await server.close();
  }
  expect(bed.writes()).toEqual([]);
});
