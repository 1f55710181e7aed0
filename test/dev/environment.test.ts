import { expect, test } from "vitest";
import { keepToSandbox } from "../../dev/environment.ts";

/** A sandbox's programs know nothing of the user's own servers, vaults, stacks and proxies. */

test("the user's server, vault, backend and passphrase are not the sandbox's", () => {
  const env: NodeJS.ProcessEnv = {
    OP_ACCOUNT: "my.1password.com",
    OP_SERVICE_ACCOUNT_TOKEN: "ops_canary",
    OP_CONNECT_HOST: "http://connect",
    OP_CONNECT_TOKEN: "canary",
    VAULT_ADDR: "https://vault",
    VAULT_TOKEN: "canary",
    VAULT_CACERT: "ca.pem",
    PULUMI_ACCESS_TOKEN: "pul-canary",
    PULUMI_BACKEND_URL: "s3://state",
    PULUMI_CONFIG_PASSPHRASE: "",
    PULUMI_CONFIG_PASSPHRASE_FILE: "canary",
    PULUMI_STACK: "prod",
    PULUMI_OPTION_CONFIG_FILE: "Pulumi.prod.yaml",
    PULUMI_DIY_BACKEND_GZIP: "true",
    PGSSLMODE: "verify-full",
    PGOPTIONS: "nonsense",
    PGSERVICE: "prod",
    PULUMI_SKIP_CHECKPOINTS: "false",
    PULUMI_OPTION_COLOR: "never",
    PATH: "/usr/bin",
  };
  keepToSandbox(env);
  expect(env).toEqual({
    PULUMI_SKIP_CHECKPOINTS: "false",
    PULUMI_OPTION_COLOR: "never",
    PATH: "/usr/bin",
    NO_PROXY: "127.0.0.1,localhost",
    no_proxy: "127.0.0.1,localhost",
  });
});

test.each([
  [{}, "127.0.0.1,localhost"],
  [{ NO_PROXY: "" }, "127.0.0.1,localhost"],
  [{ NO_PROXY: "*" }, "*"],
  [
    { NO_PROXY: "a.example, .b.example", no_proxy: "a.example" },
    "a.example,.b.example,127.0.0.1,localhost",
  ],
])("no proxy is asked for the sandbox's servers: %j", (given, list) => {
  const env: NodeJS.ProcessEnv = { ...given };
  keepToSandbox(env);
  expect(env).toEqual({ NO_PROXY: list, no_proxy: list });
});
