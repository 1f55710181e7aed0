import type { ClientRequestOptions, IRequestClient } from "@1password/connect";
import { HTTPClient } from "@1password/connect/dist/lib/client.js";
import { isOnThisMachine } from "../hosts.ts";
import { ItemReadError } from "./item.ts";

/** Settings of the client's own HTTP library, which it shows to nobody. */
interface Settings {
  validateStatus: () => boolean;
  proxy?: false;
}

interface Answer {
  readonly status: number;
  readonly data: unknown;
}

/**
 * Sends Connect's requests. The client's own way loses the status of an answer that is not JSON, as a gateway before
 * Connect gives it, and sends the token of a Connect on this machine to the proxy of `http_proxy`.
 *
 * @param keepAlive Whether requests share connections.
 */
export function createConnectRequests(url: string, keepAlive: boolean): IRequestClient {
  const client = new HTTPClient({ keepAlive });
  const { defaults } = (client as unknown as { readonly axios: { readonly defaults: Settings } })
    .axios;
  defaults.validateStatus = () => true;
  if (isOnThisMachine(new URL(url))) defaults.proxy = false;
  return {
    defaultTimeout: client.defaultTimeout,
    request: async (method, at, options: ClientRequestOptions) =>
      requireSuccess(await client.request(method, at, options)),
  };
}

/** Throws what the client throws for an answer of Connect: its status and message. */
function requireSuccess(answer: Answer): Answer {
  const { status, data } = answer;
  const isJson = typeof data !== "string" || data === "";
  const isPassing = status === 429 || status >= 500;
  // An answer of Connect that was cut off is a text, too.
  const isPage = !isJson && (status >= 300 || data.trimStart().startsWith("<"));
  if (isPage && !isPassing) {
    throw new ItemReadError(
      "unreachable",
      `what answers at OP_CONNECT_HOST is not Connect: status ${String(status)} without JSON`,
    );
  }
  if (status >= 200 && status < 300) return answer;
  const { message } = (isJson && data !== null ? data : {}) as { readonly message?: unknown };
  const said = typeof message === "string" ? message : "no message of Connect";
  throw Object.assign(new Error(said), { status });
}
