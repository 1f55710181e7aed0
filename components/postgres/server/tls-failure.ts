import type { Endpoint } from "../../tunnel/endpoint.ts";

export interface Explanation {
  readonly means: string;
  /** undefined = the endpoint's own test command. */
  readonly hint?: string;
}

/** The endpoint of the login, for messages. */
export type Where = Pick<
  Endpoint,
  "description" | "testCommand" | "serverName" | "port" | "lastFailure"
>;

const untrusted = new Set([
  "SELF_SIGNED_CERT_IN_CHAIN",
  "DEPTH_ZERO_SELF_SIGNED_CERT",
  "UNABLE_TO_VERIFY_LEAF_SIGNATURE",
  "UNABLE_TO_GET_ISSUER_CERT",
  "UNABLE_TO_GET_ISSUER_CERT_LOCALLY",
]);

/** Why TLS failed; undefined = it was something else. */
export function explainTls(code: string, text: string, endpoint: Where): Explanation | undefined {
  if (untrusted.has(code)) {
    return {
      means: `the server's certificate is not signed by a CA that is trusted here (${code})`,
      hint: "set berth:postgres.tls.ca to the CA that signed it; nothing was sent, the password neither",
    };
  }
  if (code === "ERR_TLS_CERT_ALTNAME_INVALID") {
    const there = /(?:altnames|is not cert's CN): ([^:]+:[^ ]+|[^ ]+)$/.exec(text)?.[1];
    return {
      means: `the server's certificate is not for "${endpoint.serverName}"${there === undefined ? "" : `; it is for ${there}`}`,
      hint: "if this is the right server, set berth:postgres.tls.serverName to a name on the certificate, or, where it has no host name, mode to verify-ca and ca to its CA; nothing was sent, the password neither",
    };
  }
  if (code === "CERT_HAS_EXPIRED" || code === "CERT_NOT_YET_VALID") {
    const word = code === "CERT_HAS_EXPIRED" ? "has expired" : "is not valid yet";
    return {
      means: `the server's certificate ${word} (now ${new Date().toISOString()})`,
      hint: "renew it on the server, or correct this machine's clock",
    };
  }
  if (text.includes("does not support SSL connections")) {
    return {
      means: "the server does not speak TLS",
      hint: "turn ssl on at the server; only where the way is safe by itself set berth:postgres.tls.mode to disable",
    };
  }
  if (text.includes("error establishing an SSL connection")) return notPostgres(endpoint);
  if (/^(ERR_SSL_|ERR_TLS_|EPROTO)/.test(code)) return { means: `TLS failed: ${text}` };
  return undefined;
}

/** The bytes that came are not a Postgres message. */
export function notPostgres(endpoint: Where): Explanation {
  return {
    means: `what answers there is not Postgres (port ${String(endpoint.port)} may belong to another program)`,
  };
}
