import { Client } from "pg";
import { expect, test } from "vitest";
import { presetNames } from "../../../components/config/presets/presets.ts";
import { makeSpec } from "../../fakes/stack.ts";
import { inputsOf, rolePassword } from "../../provider/app-database/bed.ts";
import { keepNeighbour, useBed } from "../../provider/app-database/use-bed.ts";
import { readConnections, resolve, secretsOf } from "./connections.ts";

/** Each preset's app logs in with exactly what its pod gets, and makes a table. */

const bed = useBed();
keepNeighbour(bed);

test.each(presetNames)("the app of preset %s logs in and makes a table", async (name) => {
  const app = `the-${name}`;
  const role = app.replaceAll("-", "_");
  const { host, port } = bed.superuser;
  const entry = { workload: { helm: { preset: name, version: "1.0.0" } } };
  await bed.up(inputsOf(app, entry));
  const spec = makeSpec({ [app]: entry }, { service: { host, port } });
  const secrets = secretsOf(spec, app, rolePassword(role));
  for (const connection of readConnections(name, spec, { app, secrets })) {
    const client = new Client({
      host: connection.host,
      port: Number(connection.port),
      database: connection.database,
      user: resolve(connection.user, secrets),
      password: resolve(connection.password, secrets),
    });
    await client.connect();
    await client.query("create table public.made (id int); drop table public.made");
    const { rows } = await client.query<{ me: string }>("select current_user as me");
    await client.end();
    expect(rows).toEqual([{ me: role }]);
  }
});
