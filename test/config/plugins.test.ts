import { expect, test } from "vitest";
import { parseStack } from "../../components/config/parse.ts";
import { findPlugins } from "../../components/config/plugins.ts";
import { type Written, writeStack } from "../fakes/stack.ts";

const connect = { OP_CONNECT_HOST: "http://127.0.0.1:1", OP_CONNECT_TOKEN: "a-token" };
const cluster = { context: "prod" };
const connection = "tools/default";

test.each<[string, Written, NodeJS.ProcessEnv, readonly string[]]>([
  ["of Berth's own provider and Connect", {}, connect, []],
  [
    "with an app of the registry's resources",
    { apps: { wiki: { provisioner: "postgresql" }, shop: {} } },
    connect,
    ["postgresql"],
  ],
  [
    "that reads Connect through the provider",
    { onepassword: { vault: "Coachlight", throughProvider: true } },
    connect,
    ["onepassword"],
  ],
  ["that a service account reads for", {}, { OP_SERVICE_ACCOUNT_TOKEN: "ops_x" }, ["onepassword"]],
  ["that the desktop app reads for", {}, { OP_ACCOUNT: "coachlight" }, ["onepassword"]],
  ["whose environment names two ways to 1Password", {}, { ...connect, OP_ACCOUNT: "x" }, []],
  ["that applies its manifests", { cluster }, connect, ["kubernetes"]],
  ["that makes nothing inside Vault", { secrets: { vault: { connection } } }, connect, []],
  [
    "that prints what is inside Vault",
    { secrets: { vault: { connection, manage: { half: "none" } } } },
    connect,
    [],
  ],
  [
    "that makes what is inside Vault",
    { secrets: { vault: { connection, manage: {} } } },
    connect,
    ["vault"],
  ],
])("a stack %s needs just the plugins of it", (_, changes, env, expected) => {
  const written = { ...writeStack({ wiki: {} }), ...changes };
  expect(findPlugins(parseStack("prod", written), env)).toEqual(expected);
});
