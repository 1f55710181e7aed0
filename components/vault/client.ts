import type { Json } from "./objects.ts";

/** How to reach Vault; `token` is a secret. */
export interface VaultAccess {
  readonly address: string;
  /** Namespace inside Vault; undefined = its root. */
  readonly namespace: string | undefined;
  /** PEM file with the CA of the address; undefined = the system's CAs. */
  readonly caFile: string | undefined;
  readonly token: string;
}

/** Vault's HTTP API. Each error says what failed and how to fix it, and shows no token and no value. */
export interface VaultClient {
  /** @returns What is at the path (`data` of the answer); undefined = nothing. */
  readonly read: (path: string) => Promise<Readonly<Record<string, Json>> | undefined>;
  /** @returns Names of what is below the path; empty = nothing. */
  readonly list: (path: string) => Promise<readonly string[]>;
  /** @returns `data` of the answer; undefined = it has none. */
  readonly write: (
    path: string,
    data: Readonly<Record<string, Json>>,
  ) => Promise<Readonly<Record<string, Json>> | undefined>;
  readonly remove: (path: string) => Promise<void>;
}
