import { escapeIdentifier, escapeLiteral } from "pg";
import { makeVerifier } from "../../components/postgres/verifier.ts";
import { addLogin, type StandIn } from "../connect/add-login.ts";
import { generateValue } from "../connect/item-edits.ts";
import { VaultStore } from "../connect/vault-data.ts";
import { asSuperuser, type SuperuserLogin } from "../postgres/neighbour.ts";
import { loginOf } from "../sandbox.ts";
import { vaultUser } from "./stack.ts";

/**
 * Makes Vault's own login to Postgres as the owner of a shared server would: an item in 1Password, and a role that may
 * make roles and no more. A second call changes nothing.
 */
export async function ensureVaultLogin(
  places: StandIn & { readonly superuser: SuperuserLogin },
): Promise<void> {
  const { role, item: title } = vaultUser;
  const store = VaultStore.load(places.vaultFile);
  const isThere = store.items().some((item) => item.title === title);
  const password = isThere ? loginOf(store, title).password : generateValue();
  if (!isThere) await addLogin(places, { title, username: role, password });
  await asSuperuser(places.superuser, "postgres", async (client) => {
    const { rows } = await client.query("SELECT FROM pg_roles WHERE rolname = $1", [role]);
    if (rows.length > 0) return;
    const verifier = escapeLiteral(makeVerifier(password, role));
    await client.query(
      `CREATE ROLE ${escapeIdentifier(role)} LOGIN CREATEROLE PASSWORD ${verifier}`,
    );
  });
}
