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
    "has OP_CONNECT_HOST with OP_CONNECT_TOKEN and OP_SERVICE_ACCOUNT_TOKEN; only one may be set",
  ],
])("fails on half a way and on two ways, without showing the token: %j", (env, problem) => {
  const read = () => readOnePasswordAccess(env);
  expect(read).toThrow(problem);
  expect(read).not.toThrow(token);
});

test.each([
  [
    "localhost:8080",
    'OP_CONNECT_HOST: got "localhost:8080"; expected http://… or https://…\n  fix: export OP_CONNECT_HOST=http://localhost:8080,',
  ],
  ["ftp://vault", "OP_CONNECT_HOST: got something else; expected http://… or https://…\n  fix: "],
  ["http://", "OP_CONNECT_HOST: got something else; expected http://"],
])("fails with a Connect address that is not a URL: %s", (host, problem) => {
  const env = { OP_CONNECT_HOST: host, OP_CONNECT_TOKEN: token };
  expect(() => readOnePasswordAccess(env)).toThrow(problem);
});

test("shows nothing of a token that is where the URL belongs", () => {
  const jwt = "eyJhbGciOiJFUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl";
  const read = () => readOnePasswordAccess({ OP_CONNECT_HOST: jwt, OP_CONNECT_TOKEN: url });
  expect(read).toThrow("OP_CONNECT_HOST: got something else");
  expect(read).not.toThrow("eyJ");
});

test("refuses a login in the address of Connect, and does not show it", () => {
  for (const login of ["canary-user:canary-password", "canary-user"]) {
    const env = { OP_CONNECT_HOST: `https://${login}@connect.example`, OP_CONNECT_TOKEN: token };
    const read = () => readOnePasswordAccess(env);
    expect(read).toThrow("OP_CONNECT_HOST: got a URL with a user name or password; expected http");
    expect(read).not.toThrow("canary");
  }
});

test("only the exact word makes a run offline, since offline skips every check of the server", () => {
  expect(["true", "1", "", undefined].map((value) => isOffline({ BERTH_OFFLINE: value }))).toEqual([
    true,
    false,
    false,
    false,
  ]);
});
