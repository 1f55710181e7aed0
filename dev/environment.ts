/**
 * Variables of libpq, 1Password, Vault and Pulumi. In the user's environment they name other servers, vaults and
 * stacks, and a sandbox's programs would use those.
 *
 * @see https://www.postgresql.org/docs/current/libpq-envars.html
 * @see https://developer.hashicorp.com/vault/docs/commands#configure-environment-variables
 * @see https://www.pulumi.com/docs/cli/environment-variables
 */
const foreign = [
  /^PG[A-Z]+$/,
  /^OP_(CONNECT_HOST|CONNECT_TOKEN|SERVICE_ACCOUNT_TOKEN|ACCOUNT)$/,
  /^VAULT_[A-Z_]+$/,
  /^PULUMI_(ACCESS_TOKEN|BACKEND_URL|CONFIG_PASSPHRASE(_FILE)?|STACK)$/,
  /^PULUMI_(DIY_BACKEND|SELF_MANAGED_STATE)_/,
  /^PULUMI_OPTION_(CONFIG_FILE|CWD|SECRETS_PROVIDER|STACK)$/,
];

/** The hosts of the sandbox's servers, which need no proxy. */
const here = ["127.0.0.1", "localhost"];

/**
 * Limits this process and its children to the sandbox. The variables are removed, not emptied: for Pulumi an
 * empty passphrase is a passphrase.
 */
export function keepToSandbox(env: NodeJS.ProcessEnv = process.env): void {
  const names = Object.keys(env).filter((name) => foreign.some((one) => one.test(name)));
  for (const name of names) Reflect.deleteProperty(env, name);
  const direct = [env["NO_PROXY"] ?? "", env["no_proxy"] ?? "", ...here].join(",").split(",");
  const hosts = new Set(direct.map((host) => host.trim()).filter((host) => host !== ""));
  // In a longer list most programs do not read `*` as "every host".
  const list = hosts.has("*") ? "*" : [...hosts].join(",");
  Object.assign(env, { NO_PROXY: list, no_proxy: list });
}
