import { chmodSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { inspect } from "node:util";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import type { Item } from "../../components/onepassword/item.ts";
import { readItems } from "../../components/onepassword/read-items.ts";
import { readThroughClient } from "../../components/onepassword/through-client.ts";
import { createItem } from "../../dev/connect/item-edits.ts";
import { createSampleVault, makeToken } from "../../dev/connect/sample-vault.ts";
import { type ConnectServer, startConnect } from "../../dev/connect/server.ts";
import { makeVault, VaultStore } from "../../dev/connect/vault-data.ts";
import { useFolder } from "../fakes/folder.ts";

const netbox = { vault: "Coachlight", item: "netbox-db-credentials" };

describe("through Connect", () => {
  const vault = createSampleVault();
  const foreign = makeVault("Foreign", "out of the token's scope");
  const twins = ["one", "two"].map(() => makeVault("Twin", "of two"));
  const token = makeToken();
  let server: ConnectServer;

  const stored = vault.items.find((item) => item.title === netbox.item);
  const valueOf = (label: string) => stored?.fields.find((field) => field.label === label)?.value;

  beforeEach(async () => {
    const store = new VaultStore([vault, foreign, ...twins]);
    const scope = [vault, ...twins].map(({ id }) => id);
    server = await startConnect({ store, token, scope });
  });

  afterEach(async () => {
    await server.close();
  });

  const read = (ref = netbox, given = token): Promise<Item> =>
    readThroughClient({ kind: "connect", url: server.url, token: given })(ref);

  test("an item is found by titles and by ids, with the fields of every section", async () => {
    const item = await read();
    expect([item.vaultId, item.itemId]).toEqual([vault.id, stored?.id]);
    expect(item.revealField("username")).toBe("netbox");
    expect(item.revealField("password")).toBe(valueOf("password"));
    const byId = await read({ vault: vault.id, item: stored?.id ?? "" });
    expect(byId.revealField("password")).toBe(valueOf("password"));
    const superuser = await read({ ...netbox, item: "netbox-superuser" });
    expect(superuser.labels.toSorted()).toEqual(["api_token", "email", "password", "username"]);
  });

  test("any number of titles costs one list, and then one request an item", async () => {
    const all = readThroughClient({ kind: "connect", url: server.url, token });
    const titles = vault.items.map(({ title }) => title);
    await Promise.all(titles.map((item) => all({ vault: "Coachlight", item })));
    const requested = server.requests.map(({ path }) => path.replace(/[?].*/, ""));
    expect(requested.filter((path) => path.endsWith("/items"))).toHaveLength(1);
    expect(requested.filter((path) => path.includes("/items/"))).toHaveLength(titles.length);
  });

  test("a field that 1Password's app labels otherwise is known by its purpose", async () => {
    const fields = [
      { id: "u", label: "Benutzername", purpose: "USERNAME" as const, value: "wiki" },
      { id: "p", label: "Passwort", purpose: "PASSWORD" as const, value: "word" },
    ];
    const title = "wiki-db-credentials";
    const item = createItem({ title, category: "LOGIN", sections: [], fields }, vault.id);
    const store = new VaultStore([{ ...vault, items: [item] }]);
    const other = await startConnect({ store, token });
    const found = await readThroughClient({ kind: "connect", url: other.url, token })({
      ...netbox,
      item: title,
    });
    await other.close();
    expect([found.revealField("username"), found.revealField("password")]).toEqual([
      "wiki",
      "word",
    ]);
  });

  test("fails where two fields have the label that is wanted, and says in which sections", async () => {
    const section = { id: "s", label: "old" };
    const fields = [
      { id: "u", label: "username", purpose: "USERNAME" as const, value: "wiki" },
      { id: "p", label: "password", purpose: "PASSWORD" as const, value: "canary-one" },
      { id: "q", label: "password", value: "canary-two", section: { id: "s" } },
    ];
    const title = "wiki-db-credentials";
    const item = createItem({ title, category: "LOGIN", sections: [section], fields }, vault.id);
    const other = await startConnect({
      store: new VaultStore([{ ...vault, items: [item] }]),
      token,
    });
    const wanted = {
      ref: { ...netbox, item: title },
      wantedBy: "app wiki",
      fields: ["username", "password"],
    };
    const reader = readThroughClient({ kind: "connect", url: other.url, token });
    const error = await readItems([wanted], reader).catch((caught: unknown) => caught);
    await other.close();
    expect((error as Error).message).toContain(
      'app wiki: vault "Coachlight", item "wiki-db-credentials": 2 fields are called "password": ' +
        'outside of sections, in "old"; it is not clear which one counts\n' +
        "    fix: keep one, such as by op item edit wiki-db-credentials --vault Coachlight 'old.password[delete]'",
    );
    expect(inspect(error, { showHidden: true, depth: null })).not.toContain("canary");
  });

  test("the vault is looked up once for all items in it", async () => {
    const one = readThroughClient({ kind: "connect", url: server.url, token });
    await Promise.all([one(netbox), one({ ...netbox, item: "postgres-admin" })]);
    const vaultReads = server.requests.filter(({ path }) => /\/vaults\/?(\?|$)/.test(path));
    expect(vaultReads).toHaveLength(1);
  });

  test.each([
    ["missing item", { ...netbox, item: "nothing" }],
    ["missing item", { ...netbox, item: "a".repeat(26) }],
    ["missing vault", { ...netbox, vault: "Nowhere" }],
    ["missing vault", { ...netbox, vault: "a".repeat(26) }],
    ["several vaults", { ...netbox, vault: "Twin" }],
    ["missing vault", { ...netbox, vault: foreign.id }],
  ])("fails with %s for %j", async (failure, ref) => {
    await expect(read(ref)).rejects.toMatchObject({ name: "ItemReadError", failure });
  });

  test("asks whether a name that is close was meant, and lists the vaults that there are", async () => {
    const problemsOf = async (ref: typeof netbox, fields: readonly string[] = []) => {
      const client = readThroughClient({ kind: "connect", url: server.url, token });
      const reading = readItems([{ ref, wantedBy: "app netbox", fields }], client);
      return await reading.then(() => "", String);
    };
    expect(await problemsOf({ ...netbox, vault: "Coachlite" })).toMatch(
      /may see .*"Coachlight".*; did you mean "Coachlight"\?/,
    );
    expect(await problemsOf({ ...netbox, item: "netbox-db-credential" })).toContain(
      'there is no such item; did you mean "netbox-db-credentials"?\n    fix: op item create',
    );
    const superuser = { ...netbox, item: "netbox-superuser" };
    const field = await problemsOf(superuser, ["emial"]);
    expect(field).toContain('no field "emial" with a value; did you mean "email"? it has ');
    expect(field).toContain('fix: write "email" in the stack file; or op item edit');
  });

  test("fails with several items for a title that two have", async () => {
    const twin = createItem(
      { title: "twin", category: "LOGIN", sections: [], fields: [] },
      vault.id,
    );
    const store = new VaultStore([{ ...vault, items: [twin, { ...twin, id: "b".repeat(26) }] }]);
    const other = await startConnect({ store, token });
    const find = readThroughClient({ kind: "connect", url: other.url, token });
    await expect(find({ ...netbox, item: "twin" })).rejects.toMatchObject({
      failure: "several items",
    });
    await other.close();
  });

  test("fails with a wrong token after one request, and shows neither token", async () => {
    const wrong = "canary-wrong-token";
    const error = await read(netbox, wrong).catch((caught: unknown) => caught);
    expect(error).toMatchObject({ failure: "unauthorized" });
    expect(inspect(error, { showHidden: true, depth: null })).not.toMatch(wrong);
    expect(server.requests).toHaveLength(1);
  });

  test.each([
    ["rate limited", { kind: "rate-limit", retryAfterSeconds: 1, times: 1 }],
    ["server error", { kind: "server-error", times: 1 }],
    ["server error", { kind: "server-error", status: 503, times: 1 }],
    ["server error", { kind: "disconnect", times: 1 }],
    ["server error", { kind: "truncated", times: 1 }],
    ["server error", { kind: "truncated", times: 1, path: `/items/${stored?.id ?? ""}` }],
  ] as const)(
    "%s passes: %j is waited out, and the next read finds the item",
    async (failure, fault) => {
      server.faults.play(fault);
      await expect(read()).rejects.toMatchObject({ failure });
      server.faults.play(fault);
      const wanted = { ref: netbox, wantedBy: "app netbox", fields: ["password"] };
      const reader = readThroughClient({ kind: "connect", url: server.url, token });
      const items = await readItems([wanted], reader, { firstDelay: 0 });
      expect(items(netbox).revealField("password")).toBe(valueOf("password"));
    },
  );

  test("a slow answer is waited for", async () => {
    server.faults.play({ kind: "slow", milliseconds: 200 });
    expect((await read()).revealField("username")).toBe("netbox");
  });

  test("fails as unreachable when nobody listens", async () => {
    await server.close();
    await expect(read()).rejects.toMatchObject({ failure: "unreachable" });
  });
});

describe("through op", () => {
  const folder = useFolder("op");
  const said = join(folder, "said");

  /** An `op` that writes down how it was called, and does what the script says. */
  function installOp(script: string): void {
    const op = `#!/bin/sh\n{ printf '%s\\n' "$@"; env; } > '${said}'\n${script}\n`;
    writeFileSync(join(folder, "op"), op);
    chmodSync(join(folder, "op"), 0o755);
    vi.stubEnv("PATH", `${folder}:/usr/bin:/bin`);
  }

  afterEach(() => {
    vi.unstubAllEnvs();
  });

  const token = "canary-service-token";
  const read = () => readThroughClient({ kind: "service-account", token })(netbox);
  const answer = {
    id: "item-id",
    vault: { id: "vault-id", name: "Coachlight" },
    fields: [
      { id: "username", purpose: "USERNAME", label: "username", value: "netbox" },
      { id: "password", purpose: "PASSWORD", label: "password", value: "canary-$(x)'s" },
      { id: "n", purpose: "NOTES", label: "notesPlain" },
    ],
    files: [{ id: "f", name: "tls.crt", size: 1, content_path: "/v1/f" }],
  };

  test("an item is read, with the token in the environment and not among the arguments", async () => {
    vi.stubEnv("OP_CONNECT_HOST", "http://connect");
    vi.stubEnv("PULUMI_CONFIG_PASSPHRASE", "canary-passphrase");
    installOp(`cat <<'END'\n${JSON.stringify(answer)}\nEND`);
    const item = await read();
    expect([item.vaultId, item.itemId, ...item.labels, ...item.files]).toEqual([
      ...["vault-id", "item-id", "username", "password", "tls.crt"],
    ]);
    expect(item.revealField("password")).toBe("canary-$(x)'s");
    const [args, env] = readFileSync(said, "utf8").split(/(?<=^Coachlight\n)/m);
    expect(args?.split("\n")).toEqual([
      ...["item", "get", "netbox-db-credentials", "--format", "json", "--vault", "Coachlight", ""],
    ]);
    expect(env).toContain(`OP_SERVICE_ACCOUNT_TOKEN=${token}`);
    expect(env).not.toMatch(/OP_CONNECT|PULUMI/);
  });

  test("the desktop app is asked for by its account", async () => {
    installOp("echo '{}'");
    await readThroughClient({ kind: "account", account: "my.1password.com" })(netbox);
    expect(readFileSync(said, "utf8")).toContain("OP_ACCOUNT=my.1password.com");
  });

  test("fails with what op says, and with nothing of what it had printed", async () => {
    installOp(
      `echo 'canary-of-stdout'; echo "[ERROR] \\"x\\" isn't an item in the \\"Coachlight\\" vault." >&2; exit 1`,
    );
    const error = await read().catch((caught: unknown) => caught);
    expect(error).toMatchObject({ failure: "missing item" });
    expect(inspect(error, { showHidden: true, depth: null })).not.toContain("canary");
  });

  test("fails on half an item without quoting the half", async () => {
    installOp(`printf '{"fields":[{"value":"canary'`);
    const error = await read().catch((caught: unknown) => caught);
    expect(error).toMatchObject({ name: "ItemReadError", failure: "server error" });
    expect(inspect(error, { showHidden: true, depth: null })).not.toContain("canary");
  });

  test("fails without op, and says what that is", async () => {
    vi.stubEnv("PATH", folder.concat("-missing"));
    await expect(read()).rejects.toThrow("op is not on PATH: install 1Password's CLI");
  });
});
