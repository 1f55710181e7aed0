import { chmodSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { inspect } from "node:util";
import { afterEach, describe, expect, test, vi } from "vitest";
import { readThroughClient } from "../../../components/onepassword/through-client.ts";
import { createThroughClient } from "../../../components/onepassword/write/create-login.ts";
import { createSampleVault, makeToken } from "../../../dev/connect/sample-vault.ts";
import { startConnect } from "../../../dev/connect/server.ts";
import { VaultStore } from "../../../dev/connect/vault-data.ts";
import { useFolder } from "../../fakes/folder.ts";
import { makeApp } from "../../fakes/stack.ts";

const wiki = { vault: "Coachlight", item: "it's --wiki" };
const role = { name: "wiki", fields: { username: "username", password: "password" } };
const login = { username: "wiki", password: "canary-new-word", role, keys: [] };

describe("through Connect", () => {
  test("an item is made in one request, and read as a login", async () => {
    const token = makeToken();
    const server = await startConnect({ store: new VaultStore([createSampleVault()]), token });
    const access = { kind: "connect", url: server.url, token } as const;
    await createThroughClient(access)(wiki, login);
    const item = await readThroughClient(access)(wiki);
    await server.close();
    expect(server.requests.filter(({ method }) => method !== "GET")).toHaveLength(1);
    expect(item.labels.map((label) => [label, item.revealField(label)])).toEqual([
      ["username", "wiki"],
      ["password", "canary-new-word"],
    ]);
  });

  test("it has the labels that the entry names, and the fields that are keys of the Secret", async () => {
    const token = makeToken();
    const server = await startConnect({ store: new VaultStore([createSampleVault()]), token });
    const access = { kind: "connect", url: server.url, token } as const;
    const item = { username: "DB_USER", password: "DB_PASS" };
    const [owner] = makeApp({ owner: { item, keys: { URI: "${uri}" } } }, "wiki").roles;
    const made = { username: "wiki", password: "canary-new-word", role: owner, keys: owner.keys };
    await createThroughClient(access)(wiki, made);
    const found = await readThroughClient(access)(wiki);
    await server.close();
    expect(server.requests.filter(({ method }) => method !== "GET")).toHaveLength(1);
    expect(found.revealField("DB_USER")).toBe("wiki");
    expect(found.revealField("DB_PASS")).toBe("canary-new-word");
    expect(found.revealField("URI")).toMatch(/^postgresql:\/\/wiki:canary-new-word@.*\/wiki$/);
  });

  test.each([
    ["unauthorized", { mayWrite: false }, []],
    ["server error", {}, [{ kind: "server-error", path: "/items" } as const]],
    ["server error", {}, [{ kind: "disconnect", path: "/items" } as const]],
  ])("fails as %s, and the error shows no password", async (failure, options, faults) => {
    const token = makeToken();
    const store = new VaultStore([createSampleVault()]);
    const server = await startConnect({ store, token, ...options });
    for (const fault of faults) server.faults.play(fault);
    const access = { kind: "connect", url: server.url, token } as const;
    const error: unknown = await createThroughClient(access)(wiki, login).catch(
      (found: unknown) => found,
    );
    await server.close();
    expect(error).toMatchObject({ name: "ItemReadError", failure });
    expect(inspect(error, { depth: 10 })).not.toContain("canary");
  });
});

describe("through op", () => {
  const folder = useFolder("op");

  afterEach(() => {
    vi.unstubAllEnvs();
  });

  test("the whole item goes through a pipe", async () => {
    const seen = path.join(folder, "seen");
    const script = `#!/bin/sh\necho "$@" > ${seen}\nenv >> ${seen}\ncat > ${seen}-input\n`;
    writeFileSync(path.join(folder, "op"), script);
    chmodSync(path.join(folder, "op"), 0o755);
    vi.stubEnv("PATH", `${folder}:${process.env["PATH"] ?? ""}`);
    await createThroughClient({ kind: "service-account", token: "ops_x" })(wiki, login);
    const [args, ...environment] = readFileSync(seen, "utf8").split("\n");
    expect(args).toBe("item create - --vault Coachlight");
    expect(environment.join("\n")).not.toContain("canary");
    expect(JSON.parse(readFileSync(`${seen}-input`, "utf8"))).toMatchObject({
      title: "it's --wiki",
      category: "LOGIN",
      fields: [{ value: "wiki" }, { value: "canary-new-word" }],
    });
  });
});
