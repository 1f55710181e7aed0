import { afterAll, beforeAll, expect, it } from "vitest";
import { matchesVerifier } from "../../../components/postgres/verifier.ts";
import { createSampleVault, makeToken } from "../../../dev/connect/sample-vault.ts";
import { type ConnectServer, startConnect } from "../../../dev/connect/server.ts";
import { VaultStore } from "../../../dev/connect/vault-data.ts";
import { loginOf } from "../../../dev/sandbox.ts";
import { berth } from "../berth.ts";

/** The variables of an app's psql script. */

const store = new VaultStore([createSampleVault()]);
const token = makeToken();
let connect: ConnectServer;

beforeAll(async () => {
  connect = await startConnect({ store, token });
});

afterAll(async () => {
  await connect.close();
});

function plan(...args: readonly string[]) {
  const env = { OP_CONNECT_HOST: connect.url, OP_CONNECT_TOKEN: token };
  return berth(["plan", "--stack", "prod", "--verifiers", ...args], env);
}

it("are set to verifiers of the passwords in 1Password, which are not shown", async () => {
  const { exitCode, stdout, stderr } = await plan("--app", "basketball");
  expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: "" });
  const lines = stdout.split("\n").map((line) => /^export (\w+)='([^']+)'$/.exec(line) ?? []);
  const items = ["basketball-db-credentials", "basketball-admin-db-credentials"];
  expect(lines.map(([, name]) => name)).toEqual(["BERTH_VERIFIER_OWNER", "BERTH_VERIFIER_ADMIN"]);
  for (const [index, [, , verifier = ""]] of lines.entries()) {
    const { password } = loginOf(store, items[index] ?? "");
    expect(matchesVerifier(verifier, password)).toBe(true);
    expect(stdout).not.toContain(password);
  }
});

it("are those of one app", async () => {
  expect((await plan()).stderr).toContain("a psql script is for one app, not for 2");
  expect((await plan("--app", "netbox", "--sql")).stderr).toContain("cannot be used with option");
});
