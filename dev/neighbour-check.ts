import { VaultStore } from "./connect/vault-data.ts";
import { fingerprint } from "./postgres/fingerprint.ts";
import { asSuperuser } from "./postgres/neighbour.ts";
import { queryAs } from "./postgres/query.ts";
import { loginOf, neighbour, type Sandbox } from "./sandbox.ts";

/** The fingerprint of the neighbour, after its own role has logged in and run a query. */
export async function readNeighbour(sandbox: Sandbox): Promise<string> {
  const login = loginOf(VaultStore.load(sandbox.vaultFile), `${neighbour}-db-credentials`);
  await queryAs(sandbox.superuser, login, neighbour, "select 1");
  return await asSuperuser(sandbox.superuser, neighbour, fingerprint);
}
