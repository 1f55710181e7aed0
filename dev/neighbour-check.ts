import { Client } from "pg";
import { VaultStore } from "./connect/vault-data.ts";
import { fingerprint } from "./postgres/fingerprint.ts";
import { connectAsSuperuser } from "./postgres/neighbour.ts";
import { loginOf, neighbour, type Sandbox } from "./sandbox.ts";

/** The fingerprint of the neighbour, after its own role has logged in and run a query. */
export async function readNeighbour(sandbox: Sandbox): Promise<string> {
  const { host, port } = sandbox.superuser;
  const login = loginOf(VaultStore.load(sandbox.vaultFile), `${neighbour}-db-credentials`);
  const own = new Client({
    host,
    port,
    user: login.name,
    password: login.password,
    database: neighbour,
  });
  await own.connect();
  await own.query("select 1");
  await own.end();
  const superuser = await connectAsSuperuser(sandbox.superuser, neighbour);
  try {
    return await fingerprint(superuser);
  } finally {
    await superuser.end();
  }
}
