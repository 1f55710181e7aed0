import { passwordField, usernameField } from "./sample-vault.ts";
import { type ItemInput, VaultStore } from "./vault-data.ts";

export interface StandIn {
  readonly vaultFile: string;
  /** With OP_CONNECT_HOST and OP_CONNECT_TOKEN. */
  readonly env: Readonly<Record<string, string>>;
}

export interface LoginItem {
  readonly title: string;
  readonly username: string;
  readonly password: string;
}

/** Adds a LOGIN item as a person would, through the API: the stand-in holds its items in memory. */
export async function addLogin(standIn: StandIn, login: LoginItem): Promise<void> {
  const [vault] = VaultStore.load(standIn.vaultFile).vaults();
  await sendToStandIn(standIn, "POST", `/v1/vaults/${vault?.id ?? ""}/items`, {
    ...toItemInput(login),
    vault: { id: vault?.id },
  });
}

/** Sends something to the API of the stand-in, as a person or a program would. */
export async function sendToStandIn(
  { env }: Pick<StandIn, "env">,
  method: "POST" | "PUT",
  at: string,
  body: unknown,
): Promise<void> {
  const { OP_CONNECT_HOST: url = "", OP_CONNECT_TOKEN: token = "" } = env;
  const answer = await fetch(`${url}${at}`, {
    method,
    headers: { Authorization: `Bearer ${token}`, "Content-Type": "application/json" },
    body: JSON.stringify(body),
  });
  if (!answer.ok) throw new Error(`the stand-in refused ${at}: ${String(answer.status)}`);
}

/** A LOGIN item, as the API takes it. */
export function toItemInput({ title, username, password }: LoginItem): ItemInput {
  return { title, category: "LOGIN", fields: [usernameField(username), passwordField(password)] };
}
