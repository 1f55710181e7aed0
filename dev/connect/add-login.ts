import { VaultStore } from "./vault-data.ts";

/** A sandbox's stand-in for Connect. */
export interface StandIn {
  readonly vaultFile: string;
  /** With OP_CONNECT_HOST and OP_CONNECT_TOKEN. */
  readonly env: Readonly<Record<string, string>>;
}

/** A login as an item holds it. */
export interface LoginItem {
  readonly title: string;
  readonly username: string;
  readonly password: string;
}

/** Adds a LOGIN item as a person would, through the API: the stand-in holds its items in memory. */
export async function addLogin({ vaultFile, env }: StandIn, login: LoginItem): Promise<void> {
  const [vault] = VaultStore.load(vaultFile).vaults();
  const { OP_CONNECT_HOST: url = "", OP_CONNECT_TOKEN: token = "" } = env;
  const field = (name: "username" | "password", type: "STRING" | "CONCEALED") => ({
    id: name,
    label: name,
    purpose: name.toUpperCase(),
    type,
    value: login[name],
  });
  const answer = await fetch(`${url}/v1/vaults/${vault?.id ?? ""}/items`, {
    method: "POST",
    headers: { Authorization: `Bearer ${token}`, "Content-Type": "application/json" },
    body: JSON.stringify({
      title: login.title,
      category: "LOGIN",
      vault: { id: vault?.id },
      fields: [field("username", "STRING"), field("password", "CONCEALED")],
    }),
  });
  if (!answer.ok) throw new Error(`the stand-in refused the item: ${String(answer.status)}`);
}
