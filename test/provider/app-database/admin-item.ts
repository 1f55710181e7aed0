import { BerthError } from "../../../components/errors.ts";
import type { Credential } from "../../../components/onepassword/credential.ts";
import { createItem } from "../../../dev/connect/item-edits.ts";
import { makeToken } from "../../../dev/connect/sample-vault.ts";
import { startConnect } from "../../../dev/connect/server.ts";
import { makeVault, VaultStore } from "../../../dev/connect/vault-data.ts";
import type { ReadAdmin } from "../../../provider/app-database/provider-config.ts";

/** Reads the admin's item as from 1Password. */
export function readFrom(items: ReadonlyMap<string, Credential>): ReadAdmin {
  return ({ item }) => {
    const credential = items.get(item);
    return credential === undefined
      ? Promise.reject(new BerthError(`1Password: there is no item ${item}`))
      : Promise.resolve(credential);
  };
}

/** A stand-in for Connect with one login in vault Coachlight, and the environment that leads there. */
export async function openVault(
  title: string,
  { name, password }: { readonly name: string; readonly password: string },
): Promise<{ readonly env: Record<string, string>; readonly close: () => Promise<void> }> {
  const vault = makeVault("Coachlight", "of this test");
  const fields = [
    { id: "username", label: "username", type: "STRING", value: name },
    { id: "password", label: "password", type: "CONCEALED", value: password },
  ];
  vault.items.push(createItem({ title, category: "DATABASE", fields }, vault.id));
  const token = makeToken();
  const connect = await startConnect({ store: new VaultStore([vault]), token });
  const env = { OP_CONNECT_HOST: connect.url, OP_CONNECT_TOKEN: token };
  return { env, close: () => connect.close() };
}
