export interface VaultRequest {
  /** @default "GET" */
  readonly method?: "GET" | "LIST" | "POST" | "PUT" | "DELETE";
  /** Without `/v1/`. */
  readonly path: string;
  readonly token?: string;
  readonly body?: unknown;
}

export interface VaultAnswer {
  readonly status: number;
  /** Empty if the answer has no text. */
  readonly body: Readonly<Record<string, unknown>>;
}

/** Sends a request as it is. Berth's own client explains failures; this one only returns them. */
export async function askVault(
  address: string,
  { method = "GET", path, token, body }: VaultRequest,
): Promise<VaultAnswer> {
  const answer = await fetch(`${address}/v1/${path}`, {
    method,
    headers: {
      "Content-Type": "application/json",
      ...(token === undefined ? {} : { "X-Vault-Token": token }),
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    signal: AbortSignal.timeout(60_000),
  });
  const text = await answer.text();
  const parsed = text === "" ? {} : (JSON.parse(text) as Record<string, unknown>);
  return { status: answer.status, body: parsed };
}
