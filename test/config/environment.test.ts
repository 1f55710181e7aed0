import { expect, test } from "vitest";
import { isOffline, readOnePasswordAccess } from "../../components/config/environment.ts";

const url = "http://127.0.0.1:8080";
const token = "canary-token";

test.each([
  [
    { OP_CONNECT_HOST: url, OP_CONNECT_TOKEN: token },
    { kind: "connect", url, token },
  ],
  [{ OP_SERVICE_ACCOUNT_TOKEN: token }, { kind: "service-account", token }],
  [{ OP_ACCOUNT: "my.1password.com" }, { kind: "account", account: "my.1password.com" }],
  [
    { OP_ACCOUNT: "my.1password.com", OP_CONNECT_HOST: "", OP_CONNECT_TOKEN: "" },
    { kind: "account", account: "my.1password.com" },
  ],
])("1Password is reached as the environment says: %j", (env, access) => {
  expect(readOnePasswordAccess(env)).toEqual(access);
});

test.each([
  [{}, "1Password: the environment does not say how to reach it"],
  [{ OP_CONNECT_TOKEN: token }, "OP_CONNECT_HOST is not set, though its other half is"],
  [{ OP_CONNECT_HOST: url }, "OP_CONNECT_TOKEN is not set, though its other half is"],
  [
    { OP_CONNECT_TOKEN: token, OP_SERVICE_ACCOUNT_TOKEN: token },
    "names OP_CONNECT_HOST with OP_CONNECT_TOKEN and OP_SERVICE_ACCOUNT_TOKEN; only one may be set",
  ],
])("fails on half a way and on two ways, without showing the token: %j", (env, problem) => {
  const read = () => readOnePasswordAccess(env);
  expect(read).toThrow(problem);
  expect(read).not.toThrow(token);
});

test("only the exact word makes a run offline, since offline skips every check of the server", () => {
  expect(["true", "1", "", undefined].map((value) => isOffline({ BERTH_OFFLINE: value }))).toEqual([
    ...[true, false, false, false],
  ]);
});
