import { BerthError, toErrorCode } from "../../errors.ts";
import { toTexts } from "../objects.ts";

/** Kind of a failure of Vault, for code that acts on it. */
export type VaultErrorKind =
  /** Nothing answers, or something that is not Vault. */
  | "unreachable"
  /** TLS: the CA, the name or the protocol. */
  | "untrusted"
  | "sealed"
  /** Vault has no active node at the moment. */
  | "standby"
  /** The token is not valid. */
  | "token"
  /** The token is valid and may not do this. */
  | "denied"
  /** Nothing is mounted at the beginning of the path. */
  | "not-mounted"
  /** Vault does not accept what was written. */
  | "refused"
  /** Anything else. */
  | "failed";

/** A failure of Vault, with its fix. It has no token and no value that was written. */
export class VaultError extends BerthError {
  readonly kind: VaultErrorKind;

  constructor(
    kind: VaultErrorKind,
    message: string,
    options: { hint?: string | undefined; cause?: unknown } = {},
  ) {
    super(message, options);
    this.name = "VaultError";
    this.kind = kind;
  }
}

/** A request, as messages show it. */
export interface VaultAsk {
  readonly address: string;
  readonly method: "GET" | "LIST" | "POST" | "PATCH" | "DELETE";
  readonly path: string;
  /** What no message may show. */
  readonly secrets: readonly string[];
}

/** HTTP status, and the parsed body; undefined = it is not Vault's JSON. */
export interface VaultAnswer {
  readonly status: number;
  readonly body: Readonly<Record<string, unknown>> | undefined;
}

/** Rights in a policy that a request needs. */
const capabilities = {
  GET: ["read"],
  LIST: ["list"],
  POST: ["create", "update"],
  PATCH: ["patch"],
  DELETE: ["delete"],
} as const;

export function toRefusal(ask: VaultAsk, { status, body }: VaultAnswer): VaultError {
  const { address, path } = ask;
  const doing = describeAsk(ask);
  if (body === undefined) {
    return new VaultError(
      "unreachable",
      `${address} does not answer like Vault to ${doing}: status ${String(status)} without Vault's JSON`,
      { hint: hintForAddress },
    );
  }
  const said = toSaid(body, ask.secrets);
  if (status === 503 && /sealed/i.test(said)) {
    return new VaultError(
      "sealed",
      `Vault at ${address} is sealed: it answers nothing (${doing})`,
      {
        hint: "vault operator unseal, once for each key share that it asks for; who set Vault up has them",
      },
    );
  }
  if (/active (cluster )?node|standby/i.test(said)) {
    return new VaultError("standby", `Vault at ${address} has no active node (${doing}): ${said}`, {
      hint: "vault status shows when one is active; then run the same command again",
    });
  }
  if (status === 403) return toDenied(ask, said);
  if (status === 404) {
    return new VaultError("not-mounted", `Vault has nothing at ${path} to write to: ${said}`, {
      hint: "vault secrets list and vault auth list show the mounts; make the missing one, or correct its name under berth:secrets.vault",
    });
  }
  const kind = status === 400 ? "refused" : "failed";
  return new VaultError(
    kind,
    `Vault at ${address} answered ${String(status)} to ${doing}: ${said}`,
  );
}

export function toUnreachable(ask: VaultAsk, error: unknown): VaultError {
  const code = toErrorCode(error);
  const text = error instanceof Error && error.message !== "" ? error.message : code;
  const reason = toShown(text, ask.secrets);
  if (/CERT|SELF_SIGNED|UNABLE_TO|ERR_TLS|ERR_SSL|EPROTO/.test(code)) {
    return new VaultError("untrusted", `Vault at ${ask.address} is not trusted: ${reason}`, {
      hint: "set berth:secrets.vault.manage.caFile to the PEM file with its CA, or export VAULT_CACERT; the address must have the name in its certificate",
    });
  }
  return new VaultError(
    "unreachable",
    `Vault at ${ask.address} does not answer to ${describeAsk(ask)}: ${reason}`,
    { hint: hintForAddress },
  );
}

const hintForAddress =
  "see that Vault runs, then set berth:secrets.vault.manage.address, or export VAULT_ADDR, to where this machine reaches it, such as kubectl port-forward";

function toDenied(ask: VaultAsk, said: string): VaultError {
  const { address, method, path } = ask;
  if (/invalid token|bad token|missing client token/i.test(said)) {
    return new VaultError("token", `Vault at ${address} does not know the token of VAULT_TOKEN`, {
      hint: "it has expired or is another Vault's: vault login, then export VAULT_TOKEN=$(vault print token)",
    });
  }
  const rights = capabilities[method].map((one) => `"${one}"`).join(", ");
  return new VaultError("denied", `Vault: the token may not ${describeAsk(ask)}: ${said}`, {
    hint: `add to a policy of the token: path "${path}" { capabilities = [${rights}] }`,
  });
}

function describeAsk({ method, path }: VaultAsk): string {
  const verbs = { GET: "read", LIST: "list", POST: "write", PATCH: "patch", DELETE: "delete" };
  return `${verbs[method]} ${path}`;
}

function toSaid({ errors }: NonNullable<VaultAnswer["body"]>, secrets: readonly string[]): string {
  return toShown(toTexts(errors).join("; "), secrets) || "(no text)";
}

/** On one line, short, and without secrets. A URL has them in another form. */
function toShown(text: string, secrets: readonly string[]): string {
  const hidden = secrets
    .filter(({ length }) => length > 3)
    .flatMap((secret) => [secret, encodeURIComponent(secret)])
    .reduce((shown, secret) => shown.replaceAll(secret, "[hidden]"), text);
  const flat = hidden.replaceAll(/\s+/g, " ").trim();
  return flat.length > 600 ? `${flat.slice(0, 600)}…` : flat;
}
