import { readFileSync } from "node:fs";
import http from "node:http";
import https from "node:https";
import { text } from "node:stream/consumers";
import { type Json, toTexts, type VaultData } from "../objects.ts";
import {
  toRefusal,
  toUnreachable,
  type VaultAnswer,
  type VaultAsk,
  VaultError,
} from "./failure.ts";

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
  readonly read: (path: string) => Promise<VaultData | undefined>;
  /** @returns Names of what is below the path; empty = nothing. */
  readonly list: (path: string) => Promise<readonly string[]>;
  /** @returns `data` of the answer; undefined = it has none. */
  readonly write: (path: string, data: VaultData) => Promise<VaultData | undefined>;
  /** Changes the keys that are given, and no others: of a KV secret, where it answers without the values. */
  readonly patch: (path: string, data: VaultData) => Promise<void>;
  readonly remove: (path: string) => Promise<void>;
  /** Reads a path that makes something for a time. */
  readonly readLease: (path: string) => Promise<VaultLease>;
}

/** What Vault made for a time; `data` has secrets. */
export interface VaultLease {
  readonly id: string;
  readonly data: VaultData;
}

/** Vault's write of a connection waits for the database. */
const timeoutMs = 60_000;

/**
 * A client of its own: the requests are few, and the errors of the libraries show headers and bodies.
 *
 * @see https://developer.hashicorp.com/vault/api-docs
 */
export function createVaultClient(access: VaultAccess, options = { timeoutMs }): VaultClient {
  const { address, namespace, token } = access;
  const ca = readCa(access);
  const ask = async (
    method: VaultAsk["method"],
    path: string,
    data?: VaultData,
  ): Promise<VaultAnswer["body"]> => {
    const asked: VaultAsk = { address, method, path, secrets: [token, ...listSecrets(data)] };
    const request: https.RequestOptions = {
      method: method === "LIST" ? "GET" : method,
      headers: {
        "x-vault-request": "true",
        "x-vault-token": token,
        ...(namespace === undefined ? {} : { "x-vault-namespace": namespace }),
        ...(data === undefined ? {} : { "content-type": contentTypes[method] }),
      },
      ...(ca === undefined ? {} : { ca }),
    };
    const body = data === undefined ? undefined : JSON.stringify(data);
    const sent = exchange(toUrl(address, asked), { request, body, ...options });
    const answer = await sent.catch((error: unknown) => {
      throw toUnreachable(asked, error);
    });
    const { status } = answer;
    if (answer.body !== undefined && status >= 200 && status < 300) return answer.body;
    // Vault's own 404 says that nothing is there. One of a proxy says nothing about it.
    if (answer.body !== undefined && status === 404 && !(method in contentTypes)) return undefined;
    throw toRefusal(asked, answer);
  };
  return {
    read: async (path) => toData(await ask("GET", path)),
    list: async (path) => toTexts(toData(await ask("LIST", path))?.["keys"]),
    write: async (path, data) => toData(await ask("POST", path, data)),
    patch: async (path, data) => {
      await ask("PATCH", path, data);
    },
    remove: async (path) => {
      await ask("DELETE", path);
    },
    readLease: async (path) => toLease(address, path, await ask("GET", path)),
  };
}

/** Of what the methods send that write. */
const contentTypes: Readonly<Record<string, string>> = {
  POST: "application/json",
  PATCH: "application/merge-patch+json",
};

function toLease(address: string, path: string, body: VaultAnswer["body"]): VaultLease {
  const { lease_id: id } = body ?? {};
  const data = toData(body);
  if (typeof id === "string" && id !== "" && data !== undefined) return { id, data };
  throw new VaultError("failed", `Vault at ${address} gives no lease at ${path}`);
}

function readCa({ address, caFile }: VaultAccess): Buffer | undefined {
  if (caFile === undefined) return undefined;
  try {
    return readFileSync(caFile);
  } catch (error) {
    throw new VaultError("untrusted", `Vault at ${address}: its CA ${caFile} cannot be read`, {
      hint: "correct berth:secrets.vault.manage.caFile, or VAULT_CACERT",
      cause: error,
    });
  }
}

/** An address may have a path of its own, behind a proxy. */
function toUrl(address: string, { method, path }: VaultAsk): URL {
  const place = path.split("/").map(encodeURIComponent).join("/");
  const query = method === "LIST" ? "?list=true" : "";
  return new URL(`${address.replace(/\/+$/, "")}/v1/${place}${query}`);
}

/** What a request must not show: a password, and each value of a KV secret. */
function listSecrets(data: VaultData = {}): readonly string[] {
  const texts = (value: Json | undefined): readonly string[] => {
    if (typeof value === "string") return [value];
    return typeof value === "object" && value !== null ? Object.values(value).flatMap(texts) : [];
  };
  return [...texts(data["password"]), ...texts(data["data"])];
}

interface Exchange {
  readonly request: https.RequestOptions;
  readonly body: string | undefined;
  readonly timeoutMs: number;
}

/** A standby that does not pass requests on names the active node. Like Vault's client, it follows once. */
async function exchange(url: URL, asked: Exchange, isFollowing = false): Promise<VaultAnswer> {
  const { status, location, body } = await send(url, asked);
  if (status === 307 && location !== undefined && !isFollowing) {
    const active = new URL(location, url);
    // The token must not leave TLS.
    if (active.protocol === url.protocol) return await exchange(active, asked, true);
  }
  return { status, body: parseBody(body) };
}

function send(
  url: URL,
  { request, body, timeoutMs }: Exchange,
): Promise<{ readonly status: number; readonly location?: string; readonly body: string }> {
  const client = url.protocol === "http:" ? http : https;
  return new Promise((resolve, reject) => {
    const sent = client.request(url, request, (response) => {
      const { statusCode = 0, headers } = response;
      const found = { status: statusCode, ...(headers.location && { location: headers.location }) };
      text(response).then((answer) => {
        resolve({ ...found, body: answer });
      }, reject);
    });
    const timer = setTimeout(() => {
      sent.destroy(new Error(`no answer within ${String(timeoutMs / 1000)} s`));
    }, timeoutMs);
    sent.on("error", reject);
    sent.on("close", () => {
      clearTimeout(timer);
    });
    sent.end(body);
  });
}

/** An answer of Vault is an object, or empty. The parser's own error would quote it. */
function parseBody(body: string): VaultAnswer["body"] {
  if (body.trim() === "") return {};
  try {
    const parsed: unknown = JSON.parse(body);
    return typeof parsed === "object" && parsed !== null ? { ...parsed } : undefined;
  } catch {
    return undefined;
  }
}

/** Most answers have `data`; some of `sys` are the data itself. */
function toData(body: VaultAnswer["body"]): VaultData | undefined {
  if (body === undefined) return undefined;
  const data = "data" in body ? body["data"] : body;
  const isEmpty = typeof data !== "object" || data === null || Object.keys(data).length === 0;
  return isEmpty ? undefined : (data as VaultData);
}
