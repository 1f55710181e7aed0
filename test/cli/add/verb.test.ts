import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import type { AddArgs } from "../../../cli/add/args.ts";
import type { Fault } from "../../../dev/connect/faults.ts";
import { createSampleVault, makeToken } from "../../../dev/connect/sample-vault.ts";
import { type ConnectServer, startConnect } from "../../../dev/connect/server.ts";
import { VaultStore } from "../../../dev/connect/vault-data.ts";
import { useFolder } from "../../fakes/folder.ts";
import { berth } from "../berth.ts";
import { runAdd } from "./run.ts";

/** `add` against the stand-in for 1Password Connect. */

const folder = useFolder("add");
const file = path.join(folder, "Pulumi.test.yaml");
const token = makeToken();
const written = `# Ours.
config:
  berth:postgres:
    endpoint: { direct: { host: db.example, port: 5432 } } # behind the VPN
    reserved: [paperless]
  berth:onepassword: { vault: Coachlight, generate: { length: 40, alphabet: hex } }
  berth:apps:
    netbox: {} # the first

    # more to come
  other:key: 1
`;

let store: VaultStore;
let server: ConnectServer;

beforeEach(async () => {
  store = new VaultStore([createSampleVault()]);
  server = await startConnect({ store, token });
  writeFileSync(file, written);
});

afterEach(async () => {
  await server.close();
});

async function add(given: Partial<AddArgs>, env: Readonly<Record<string, string>> = {}) {
  const access = { OP_CONNECT_HOST: server.url, OP_CONNECT_TOKEN: token };
  for (const [name, value] of Object.entries({ ...access, ...env })) vi.stubEnv(name, value);
  const run = await runAdd({ file, ...given });
  vi.unstubAllEnvs();
  return run;
}

function allItems() {
  return store.vaults().flatMap(({ items }) => items);
}

function itemsOf(app: string) {
  return allItems().filter(({ title }) => title.startsWith(`${app}-`));
}

function valueOf(title: string, label: string): string | undefined {
  const item = allItems().find((one) => one.title === title);
  return item?.fields.find((field) => field.label === label)?.value;
}

const writes = () => server.requests.filter(({ method }) => method !== "GET").length;
const play = (fault: Fault) => {
  server.faults.play(fault);
};

async function expectUnchanged(args: Partial<AddArgs>, message: RegExp | string, env = {}) {
  const { exitCode, stdout, stderr } = await add(args, env);
  expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: "" });
  expect(stderr).toMatch(message);
  expect(stderr).not.toMatch(/^ {4}at /m);
  expect(readFileSync(file, "utf8")).toBe(written);
  expect(readdirSync(folder)).toEqual(["Pulumi.test.yaml"]);
  return stderr;
}

test("a new app gets its items and its entry, and no other character of the file changes", async () => {
  const flags = ["wiki", "--namespace", "tools", "--login", "reports=readonly"];
  const all = ["add", ...flags, "--stack", "test", "--config-file", file];
  const access = { OP_CONNECT_HOST: server.url, OP_CONNECT_TOKEN: token };
  const { exitCode, stdout, stderr } = await berth(all, {
    // Without a pulumi.
    PATH: path.dirname(process.execPath),
    ...access,
  });
  expect(exitCode).toBe(0);
  expect(stderr).toContain("no preview: preview: pulumi is not on PATH\n  fix: ");
  const entry = `    wiki:
      namespace: "tools"
      roles:
        reports:
          profile: "readonly"
`;
  const after = readFileSync(file, "utf8");
  expect(after).toBe(written.replace("# more to come\n", `# more to come\n${entry}`));
  expect(valueOf("wiki-db-credentials", "username")).toBe("wiki");
  expect(valueOf("wiki-reports-db-credentials", "username")).toBe("wiki_reports");
  expect(stdout).toContain(`next: pulumi up --stack test --config-file ${file}`);
  for (const title of ["wiki-db-credentials", "wiki-reports-db-credentials"]) {
    const password = valueOf(title, "password") ?? "";
    expect(password).toMatch(/^[0-9a-f]{40}$/);
    expect(stdout + stderr + after).not.toContain(password);
  }
});

test("the same again changes nothing and says so", async () => {
  await add({ app: "wiki" });
  const [before, wrote, password] = [
    readFileSync(file, "utf8"),
    writes(),
    valueOf("wiki-db-credentials", "password"),
  ];
  const { exitCode, stdout } = await add({ app: "wiki" });
  expect(exitCode).toBe(0);
  expect(stdout).toContain("is there");
  expect(stdout).toContain("nothing was changed\nnext: ");
  expect(readFileSync(file, "utf8")).toBe(before);
  expect(writes()).toBe(wrote);
  expect(valueOf("wiki-db-credentials", "password")).toBe(password);
  expect(itemsOf("wiki")).toHaveLength(1);
});

test.each<readonly [that: string, fault: () => void, says: string]>([
  [
    "stopped after one of two items",
    () => {
      play({ kind: "disconnect" });
    },
    "made so far: wiki-db-credentials, and the stack file is as it was",
  ],
  [
    "got no answer to the first item",
    () => {
      throw new Error("the answer is lost");
    },
    'item "wiki-db-credentials" was perhaps not made: status 500: internal error; the stack file is as it was',
  ],
])("a run that %s goes on with that item", async (_, fault, says) => {
  const args = { app: "wiki", logins: ["reports=readonly"] };
  const stop = startConnectFault(fault);
  const { exitCode, stderr } = await add(args);
  stop();
  expect(exitCode).toBe(2);
  expect(stderr).toContain(says);
  expect(readFileSync(file, "utf8")).toBe(written);
  const password = valueOf("wiki-db-credentials", "password");
  const again = await add(args);
  expect(again.exitCode).toBe(0);
  expect(valueOf("wiki-db-credentials", "password")).toBe(password);
  expect(itemsOf("wiki").map(({ title }) => title)).toEqual([
    "wiki-db-credentials",
    "wiki-reports-db-credentials",
  ]);
  expect(readFileSync(file, "utf8")).toContain("    wiki:\n");
});

/** Something happens each time that an item was made. */
function startConnectFault(fault: () => void): () => void {
  const put = store.putItem.bind(store);
  store.putItem = (item) => {
    put(item);
    fault();
  };
  return () => {
    store.putItem = put;
    server.faults.clear();
  };
}

test("an entry without its items gets them, by its own recipe", async () => {
  const wiki =
    "    netbox: {}\n    wiki: { owner: { generate: { alphabet: letters-digits, length: 20 } } }";
  writeFileSync(file, written.replace("    netbox: {}", wiki));
  const before = readFileSync(file, "utf8");
  const { exitCode, stdout } = await add({ app: "wiki", json: true });
  expect(exitCode).toBe(0);
  expect(JSON.parse(stdout)).toMatchObject({
    app: "wiki",
    entry: "there",
    items: [{ item: "wiki-db-credentials", username: "wiki", role: "owner", state: "made" }],
  });
  expect(readFileSync(file, "utf8")).toBe(before);
  expect(valueOf("wiki-db-credentials", "password")).toMatch(/^[A-Za-z0-9]{20}$/);
});

describe("fails and leaves everything as it was", () => {
  test("without a name, where nobody can be asked", async () => {
    await expectUnchanged({}, "missing: the app's name");
  });

  test("with a name that is reserved, or no name", async () => {
    await expectUnchanged({ app: "paperless" }, "paperless");
    await expectUnchanged({ app: "Wiki" }, '"Wiki" is not an app name');
    await expectUnchanged(
      { app: "wiki", logins: ["reports=admin"] },
      "allowed are readwrite, readonly",
    );
    expect(server.requests).toEqual([]);
  });

  test("with an app that says something else", async () => {
    const { exitCode, stderr } = await add({ app: "netbox", namespace: "tools" });
    expect(exitCode).toBe(2);
    expect(stderr).toContain('namespace: got "tools"; the entry has nothing');
    expect(stderr).toContain("fix: edit the entry there");
    expect(readFileSync(file, "utf8")).toBe(written);
  });

  test("with a wrong token, which it does not show", async () => {
    const wrong = "canary-wrong-token";
    const stderr = await expectUnchanged({ app: "wiki" }, "1Password refused the token", {
      OP_CONNECT_TOKEN: wrong,
    });
    expect(stderr).not.toContain(wrong);
  });

  test("with a Connect that does not answer", async () => {
    const says = /cannot reach 1Password .*\n {4}fix: check the address/;
    await expectUnchanged({ app: "wiki" }, says, { OP_CONNECT_HOST: "http://127.0.0.1:1" });
  });

  test("with a token that may only read", async () => {
    await server.close();
    server = await startConnect({ store, token, mayWrite: false });
    await expectUnchanged(
      { app: "wiki" },
      /item "wiki-db-credentials" could not be made: status 403: .*; nothing was changed, and the stack file is as it was\n {2}fix: give the token write access/,
    );
    expect(itemsOf("wiki")).toEqual([]);
  });

  test("without such a vault, and it says which there are", async () => {
    const other = written.replace("vault: Coachlight", "vault: Nowhere");
    writeFileSync(file, other);
    const { exitCode, stderr } = await add({ app: "wiki" });
    expect(exitCode).toBe(2);
    expect(stderr).toContain('vault "Nowhere": there is no such vault');
    expect(stderr).toContain('the token may see "Coachlight"');
    expect(readFileSync(file, "utf8")).toBe(other);
  });

  test.each([
    [
      "where an item is another role's",
      "owner: { item: paperless-db-credentials }",
      '"paperless", but',
    ],
    ["where a password is in use", "adopt: true", "‹the password in use›"],
    ["with the admin's name", "owner: { name: coachlight_admin }", "is the admin role"],
  ])("%s", async (_, entry, says) => {
    const there = `    wiki: { ${entry} }\n    netbox: {}`;
    writeFileSync(file, written.replace("    netbox: {}", there));
    const { exitCode, stderr } = await add({ app: "wiki" });
    expect(exitCode).toBe(2);
    expect(stderr).toContain(says);
    expect(writes()).toBe(0);
  });
});
