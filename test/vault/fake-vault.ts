import http from "node:http";
import https from "node:https";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import type { VaultAccess } from "../../components/vault/http/client.ts";

type Body = Record<string, unknown>;

/** A request that arrived. */
export interface VaultCall {
  readonly method: string;
  readonly path: string;
  readonly body: Body | undefined;
  readonly namespace: string | undefined;
}

interface Answer {
  /** @default 200 */
  readonly status?: number;
  readonly body?: Body | string;
  readonly location?: string;
}

/** By method and path, as `GET sys/health`. */
export type VaultAnswers = Record<
  string,
  Answer & {
    /** What happens before the answer. */
    readonly first?: () => Promise<unknown>;
  }
>;

/**
 * A stand-in for what a real Vault does not do on demand: being sealed, denying, breaking. It keeps connections as
 * the database engine does; `test/vault/real` has the real one.
 */
export class FakeVault {
  readonly calls: VaultCall[] = [];
  /** What was written, by path. */
  readonly stored = new Map<string, Body>();
  readonly leases = new Set<string>();
  readonly denied = new Set<string>();
  token = "hvs.canary-token-of-this-test";
  /** Answers first. */
  fault: ((call: VaultCall) => Answer | Promise<Answer> | undefined) | undefined;
  readonly #server: http.Server;

  private constructor(tls: https.ServerOptions | undefined) {
    const listen: http.RequestListener = (request, response) => {
      void this.#answer(request).then(({ status = 200, body, location }) => {
        response.writeHead(status, location === undefined ? {} : { location });
        response.end(typeof body === "string" ? body : JSON.stringify(body));
      });
    };
    this.#server = tls === undefined ? http.createServer(listen) : https.createServer(tls, listen);
  }

  static async start(tls?: https.ServerOptions): Promise<FakeVault> {
    const vault = new FakeVault(tls);
    await new Promise<void>((resolve) => {
      vault.#server.listen(0, "127.0.0.1", resolve);
    });
    return vault;
  }

  /** One that has these answers, whatever the token, and no other. */
  static async answering(answers: VaultAnswers): Promise<FakeVault> {
    const vault = await FakeVault.start();
    vault.fault = async ({ method, path }) => {
      const { first, ...answer }: VaultAnswers[string] =
        answers[`${method} ${path}`] ?? refuse(404);
      await first?.();
      return answer;
    };
    return vault;
  }

  get address(): string {
    const { port } = this.#server.address() as AddressInfo;
    return `${this.#server instanceof https.Server ? "https" : "http"}://127.0.0.1:${String(port)}`;
  }

  get access(): VaultAccess {
    const { address, token } = this;
    return { address, token, caFile: undefined, namespace: undefined };
  }

  /** Requests that change something. */
  get writes(): readonly VaultCall[] {
    return this.calls.filter(({ method }) => method !== "GET" && method !== "LIST");
  }

  /** Method, path and body of each request. */
  get requests(): readonly string[] {
    return this.calls.map(({ method, path, body }) =>
      [method, path, ...(body === undefined ? [] : [JSON.stringify(body)])].join(" "),
    );
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  async #answer(request: http.IncomingMessage): Promise<Answer> {
    const sent = await text(request);
    const { pathname, searchParams } = new URL(request.url ?? "", "http://vault");
    const call: VaultCall = {
      method: searchParams.has("list") ? "LIST" : (request.method ?? ""),
      path: decodeURIComponent(pathname.replace(/^\/v1\//, "")),
      body: sent === "" ? undefined : (JSON.parse(sent) as Body),
      namespace: request.headers["x-vault-namespace"] as string | undefined,
    };
    this.calls.push(call);
    const fault = await this.fault?.(call);
    if (fault !== undefined) return fault;
    if (request.headers["x-vault-token"] !== this.token) {
      return refuse(403, "2 errors occurred:\n\t* permission denied\n\t* invalid token\n\n");
    }
    if (this.denied.has(call.path)) {
      return refuse(403, "1 error occurred:\n\t* permission denied\n\n");
    }
    return this.#handle(call);
  }

  #handle({ method, path, body }: VaultCall): Answer {
    if (method === "LIST") {
      const keys = [...this.leases].filter((lease) => `sys/leases/lookup/${lease}` === path);
      return keys.length === 0 ? refuse(404) : { status: 200, body: { data: { keys: ["one"] } } };
    }
    if (!/^(postgres|sys|kvv2)\//.test(path)) {
      return refuse(404, `no handler for route "${path}". route entry not found.`);
    }
    if (method === "POST") {
      this.stored.set(path, { ...this.stored.get(path), ...body });
      return { status: 204, body: "" };
    }
    const found = this.stored.get(path);
    if (method === "DELETE") this.stored.delete(path);
    if (method === "DELETE") return { status: 204, body: "" };
    return found === undefined ? refuse(404) : { status: 200, body: { data: toRead(found) } };
  }
}

/** An error as Vault answers it. */
export function refuse(status: number, ...errors: readonly string[]): Answer {
  return { status, body: { errors } };
}

/** What Vault says where Postgres refuses its login. */
export function refuseLogin(state: string, message: string): Answer {
  return refuse(
    400,
    `error creating database object: error verifying connection: ping failed: failed to connect to \`user=vault database=wiki\`: 10.0.0.7:5432 (postgres.db): server error: FATAL: ${message} (SQLSTATE ${state})`,
  );
}

/** As the database engine shows a connection. */
function toRead(written: Body): Body {
  const top = new Set(["plugin_name", "allowed_roles", "root_rotation_statements"]);
  const hidden = new Set([...top, "password", "verify_connection"]);
  const details = Object.entries(written).filter(([key]) => !hidden.has(key));
  return {
    plugin_name: written["plugin_name"],
    allowed_roles: [written["allowed_roles"]].flat(),
    root_credentials_rotate_statements: written["root_rotation_statements"] ?? [],
    connection_details: Object.fromEntries(details),
  };
}
