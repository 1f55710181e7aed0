/**
 * What the user's environment says of servers, vaults and stacks of their own, which a sandbox's programs
 * would take for theirs: libpq's variables, 1Password's and Pulumi's.
 *
 * @see https://www.postgresql.org/docs/current/libpq-envars.html
 * @see https://www.pulumi.com/docs/cli/environment-variables
 */
const foreign = [
  /^PG[A-Z]+$/,
  /^OP_(CONNECT_HOST|CONNECT_TOKEN|SERVICE_ACCOUNT_TOKEN|ACCOUNT)$/,
  /^PULUMI_(ACCESS_TOKEN|BACKEND_URL|CONFIG_PASSPHRASE(_FILE)?|STACK)$/,
  /^PULUMI_(DIY_BACKEND|SELF_MANAGED_STATE)_/,
  /^PULUMI_OPTION_(CONFIG_FILE|CWD|SECRETS_PROVIDER|STACK)$/,
];

/** The sandbox's servers, which no proxy can reach. */
const here = ["127.0.0.1", "localhost"];

/**
 * Makes this process, and what it starts, know the sandbox alone. Taken out and not made empty, since an
 * empty passphrase counts as one for Pulumi.
 */
export function keepToSandbox(env: NodeJS.ProcessEnv = process.env): void {
  const names = Object.keys(env).filter((name) => foreign.some((one) => one.test(name)));
  for (const name of names) Reflect.deleteProperty(env, name);
  const direct = [env["NO_PROXY"] ?? "", env["no_proxy"] ?? "", ...here].join(",").split(",");
  const hosts = new Set(direct.map((host) => host.trim()).filter((host) => host !== ""));
  // In a longer list most programs would not know it for "every host".
  const list = hosts.has("*") ? "*" : [...hosts].join(",");
  Object.assign(env, { NO_PROXY: list, no_proxy: list });
}
