import { BerthError } from "../errors.ts";
import { hasLogin } from "../hosts.ts";

/**
 * The only place where the program reads environment variables. 1Password's own tools use the same ones
 * (https://developer.1password.com/docs/connect/cli/, …/service-accounts/).
 */

/** How to reach 1Password; `token` is a secret. */
export type OnePasswordAccess =
  | { readonly kind: "connect"; readonly url: string; readonly token: string }
  | { readonly kind: "service-account"; readonly token: string }
  | { readonly kind: "account"; readonly account: string };

export type Environment = Readonly<Record<string, string | undefined>>;

/** @throws BerthError unless the environment names exactly one account, and completely. */
export function readOnePasswordAccess(env: Environment = process.env): OnePasswordAccess {
  const { OP_CONNECT_HOST: url, OP_CONNECT_TOKEN: connectToken } = env;
  const { OP_SERVICE_ACCOUNT_TOKEN: serviceToken, OP_ACCOUNT: account } = env;
  const ways = [
    ...(isSet(url) || isSet(connectToken) ? ["OP_CONNECT_HOST with OP_CONNECT_TOKEN"] : []),
    ...(isSet(serviceToken) ? ["OP_SERVICE_ACCOUNT_TOKEN"] : []),
    ...(isSet(account) ? ["OP_ACCOUNT"] : []),
  ];
  if (ways.length > 1) {
    throw new BerthError(
      `1Password: the environment has ${ways.join(" and ")}; only one may be set`,
      {
        hint: "unset all but one of them",
      },
    );
  }
  if (isSet(url) && isSet(connectToken)) {
    refuseOtherThanUrl(url);
    return { kind: "connect", url, token: connectToken };
  }
  if (isSet(serviceToken)) return { kind: "service-account", token: serviceToken };
  if (isSet(account)) return { kind: "account", account };
  throw new BerthError(
    ways.length === 0
      ? "1Password: the environment does not say how to reach it"
      : `1Password: ${isSet(url) ? "OP_CONNECT_TOKEN" : "OP_CONNECT_HOST"} is not set, though its other half is`,
    {
      hint: "export OP_CONNECT_HOST and OP_CONNECT_TOKEN (Connect), or OP_SERVICE_ACCOUNT_TOKEN, or OP_ACCOUNT (desktop app)",
    },
  );
}

/** The message shows the value only if it looks like an address: it may be a token in the wrong variable. */
function refuseOtherThanUrl(host: string): void {
  const isUrl = isHttpUrl(host);
  if (isUrl && !hasLogin(new URL(host))) return;
  const isAddress = /^[\w.-]+(:\d+)?$/.test(host) && host.length <= 253 && !host.startsWith("eyJ");
  const other = isUrl ? "a URL with a user name or password" : "something else";
  const given = isAddress ? `"${host}"` : other;
  throw new BerthError(`OP_CONNECT_HOST: got ${given}; expected http://… or https://…`, {
    hint: isAddress
      ? `export OP_CONNECT_HOST=http://${host}, or with https://`
      : "export OP_CONNECT_HOST=https://connect.example.com, and the token as OP_CONNECT_TOKEN",
  });
}

export function isHttpUrl(text: string): boolean {
  return /^https?:\/\//i.test(text) && URL.canParse(text);
}

/** Variables with secrets that Berth or Pulumi needs, and git does not: it runs hooks that others wrote. */
export const secretVariables = [
  ...["OP_CONNECT_TOKEN", "OP_SERVICE_ACCOUNT_TOKEN", "VAULT_TOKEN", "VAULT_POSTGRES_PASSWORD"],
  ...["PULUMI_ACCESS_TOKEN", "PULUMI_CONFIG_PASSPHRASE", "PGPASSWORD"],
] as const;

/** BERTH_OFFLINE: preview without reading Postgres and the cluster, for CI that cannot reach them. */
export function isOffline(env: Environment = process.env): boolean {
  return env["BERTH_OFFLINE"] === "true";
}

/** BERTH_TARGETED: set by `rotate`, which runs `pulumi up --target`. @pulumi/postgresql resources are then not imported. */
export function isTargeted(): boolean {
  return process.env["BERTH_TARGETED"] === "true";
}

/** Variables of Vault's own tools that Berth reads; `token` is a secret. */
export interface VaultEnvironment {
  readonly address: string | undefined;
  readonly caFile: string | undefined;
  readonly token: string | undefined;
}

/** VAULT_ADDR, VAULT_CACERT and VAULT_TOKEN. */
export function readVaultEnvironment(env: Environment = process.env): VaultEnvironment {
  const { VAULT_ADDR: address, VAULT_CACERT: caFile, VAULT_TOKEN: token } = env;
  return {
    address: isSet(address) ? address : undefined,
    caFile: isSet(caFile) ? caFile : undefined,
    token: isSet(token) ? token : undefined,
  };
}

/** PULUMI_OPTION_CONFIG_FILE: the stack file, as with --config-file, which Pulumi does not show to the program. */
export function readConfigFile(env: Environment = process.env): string | undefined {
  return env["PULUMI_OPTION_CONFIG_FILE"] || undefined;
}

/** PGPASSWORD: the admin's password, for the registry's Postgres plugin, which reads it there. */
export function isPgPassword(password: string): boolean {
  return process.env["PGPASSWORD"] === password;
}

function isSet(value: string | undefined): value is string {
  return value !== undefined && value !== "";
}
