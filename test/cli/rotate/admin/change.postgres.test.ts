import { readFileSync, writeFileSync } from "node:fs";
import { escapeLiteral } from "pg";
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { changeAdmin } from "../../../../cli/rotate/admin/change.ts";
import { type AdminContext, inspectAdmin } from "../../../../cli/rotate/admin/inspect.ts";
import { describeSteps } from "../../../../cli/rotate/admin/verb.ts";
import { withServer } from "../../../../components/postgres/server/reach.ts";
import { makeVerifier } from "../../../../components/postgres/verifier.ts";
import { createSampleVault, makeToken } from "../../../../dev/connect/sample-vault.ts";
import { type ConnectServer, startConnect } from "../../../../dev/connect/server.ts";
import { VaultStore } from "../../../../dev/connect/vault-data.ts";
import { findItem } from "../../../../dev/sandbox.ts";
import { makeSpec } from "../../../fakes/stack.ts";
import { admin, ownershipRole } from "../../../provider/app-database/bed.ts";
import { bothAdmins, useBed } from "../../../provider/app-database/use-bed.ts";

/** A new password for the admin role, interrupted and refused at each step, on a real server with both kinds of admin. */

const title = "postgres-admin";
const item = `vaults/Coachlight/items/${title}`;
const first = "first-word-0123456789";
const again = "fix: run the same command again: it finds by logins how far this is, and goes on";

describe.each(bothAdmins)("$admin", ({ isSuperuser }) => {
  const database = useBed({ isSuperuser });
  let connect: ConnectServer;
  let store: VaultStore;
  const role = admin.name;
  let said: string[];
  const token = makeToken();

  beforeAll(async () => {
    store = new VaultStore([createSampleVault()]);
    connect = await startConnect({ store, token });
  });

  afterAll(async () => {
    await connect.close();
  });

  beforeEach(async () => {
    vi.restoreAllMocks();
    said = [];
    await onServer(first);
    edit((fields) => fields.filter(({ id, label }) => label !== "next password" && id !== "mine"));
    setField("username", role);
    setField("password", first);
  });

  type Field = ReturnType<typeof findItem>["fields"][number];

  function edit(change: (fields: Field[]) => Field[]): void {
    const found = structuredClone(findItem(store, title));
    found.fields = change(found.fields);
    store.putItem(found);
  }

  function setField(label: string, value: string): void {
    edit((fields) => fields.map((field) => (field.label === label ? { ...field, value } : field)));
  }

  const fieldOf = (label: string) =>
    findItem(store, title).fields.find((field) => field.label === label)?.value;

  async function onServer(password: string): Promise<void> {
    const verifier = escapeLiteral(makeVerifier(password, role));
    await database.sql(`alter role ${role} password ${verifier}`);
  }

  const logsIn = (password: string | undefined) =>
    database.sqlWith({ name: role, password: password ?? "" }, "postgres", "select 1").then(
      () => true,
      () => false,
    );

  /** @param at Where the run has said this, something happens; by default it ends there. */
  async function rotate(
    at?: string,
    what: (context: AdminContext) => void = () => {
      throw new Error("killed here");
    },
  ): Promise<readonly string[]> {
    const spec = makeSpec({}, { ...database.postgres, ownershipRole, adminItem: title });
    return await withServer(spec.postgres, async (target) => {
      const context: AdminContext = {
        spec,
        access: { kind: "connect", url: connect.url, token },
        target,
        say: (step, text) => {
          said.push(`${step}: ${text}`);
          if (at !== undefined && text.includes(at)) what(context);
        },
      };
      const state = await inspectAdmin(context);
      const steps = describeSteps(item, state);
      await changeAdmin(context, state);
      return steps;
    });
  }

  /** The item's password is new and works, the former one does not, and nothing is left of the way. */
  async function expectRotated(): Promise<void> {
    const password = fieldOf("password");
    expect(password).not.toBe(first);
    expect(await logsIn(password)).toBe(true);
    expect(await logsIn(first)).toBe(false);
    expect(fieldOf("next password")).toBeUndefined();
  }

  /** What the fixes end with. */
  async function rotateAgain(): Promise<void> {
    await rotate();
    await expectRotated();
  }

  it("writes the item last, after a login with the new password, and sends only a verifier", async () => {
    database.clearLog();
    const steps = await rotate();
    expect(steps).toEqual([
      `${item} gets a new password in its field "next password", which nothing reads; its password stays`,
      `on the server: ALTER ROLE "${role}" PASSWORD '‹verifier›'; and a login with that new password`,
      `${item} gets it as its password, and loses that field`,
    ]);
    expect(said).toEqual([
      `item: ${item} has a new password in its field "next password"`,
      `server: role ${role} has the new password, and logs in with it`,
      `item: ${item} has the new password, which every stack that names it reads from now on`,
      `login: the server accepts what ${item} holds`,
    ]);
    await expectRotated();
    expect(database.writes()).toEqual([
      expect.stringMatching(/^ALTER ROLE "[a-z_]+" PASSWORD 'SCRAM-SHA-256\$/),
    ]);
  });

  it.each([
    ["the server has the new password", 'in its field "next password"', [1, 2]],
    ["the item has it", "logs in with it", [2]],
  ])("goes on where it was killed before %s", async (_, at, left) => {
    await expect(rotate(at)).rejects.toThrow("killed here");
    const passwords = [fieldOf("password"), fieldOf("next password")];
    expect(await Promise.all(passwords.map(logsIn))).toContain(true);
    const steps = await rotate();
    expect(steps).toHaveLength(left.length);
    expect(fieldOf("password")).toBe(passwords[1]);
    await expectRotated();
  });

  it("finds an edit whose answer was lost in the item", async () => {
    const put = store.putItem.bind(store);
    vi.spyOn(store, "putItem").mockImplementation((edited) => {
      put(edited);
      throw new Error("the answer is lost");
    });
    await rotate();
    await expectRotated();
  });

  it("changes nothing on the server where the item cannot be written, until the token may write", async () => {
    const writing = connect;
    connect = await startConnect({ store, token, mayWrite: false });
    try {
      await expect(rotate()).rejects.toThrow(
        /postgres-admin could not be written, and nothing was changed on the server.*\n {2}fix: give the token write access to the vault; then run the same command again/,
      );
    } finally {
      await connect.close();
      connect = writing;
    }
    expect(await logsIn(first)).toBe(true);
    await rotateAgain();
  });

  it("changes nothing on the server where 1Password does not keep the new field", async () => {
    vi.spyOn(store, "putItem").mockReturnValueOnce();
    await expect(rotate()).rejects.toThrow(
      /still answers without it; nothing was changed on the server\n {2}fix: look at the item in 1Password; then run the same command again/,
    );
    expect(await logsIn(first)).toBe(true);
    await rotateAgain();
  });

  it("gives the server the former password back where the item cannot be written at the end", async () => {
    const failed = rotate("logs in with it", () => {
      vi.spyOn(store, "putItem").mockImplementationOnce(() => {
        throw new Error("read-only");
      });
    });
    await expect(failed).rejects.toThrow(
      `${item} could not be written; the server has the item's password again, and the new one is still in field "next password"`,
    );
    await expect(failed).rejects.toThrow(again);
    expect(fieldOf("password")).toBe(first);
    expect(await logsIn(first)).toBe(true);
    await rotateAgain();
  });

  it("gives it back where no login with the new one can be tried", async () => {
    const failed = rotate('in its field "next password"', (context) => {
      Object.assign(context.spec.postgres, { maintenanceDatabase: "nonesuch" });
    });
    await expect(failed).rejects.toThrow(
      /the server took a new password for .*, and no login with it was possible .*; it has the former one again.*\n {2}fix: npm run doctor looks for what is wrong; then run the same command again/s,
    );
    expect(await logsIn(first)).toBe(true);
    await rotateAgain();
  });

  it("keeps a password that somebody else writes in between, and says what is true", async () => {
    const failed = rotate("logs in with it", () => {
      setField("password", "by-hand-0123456789");
    });
    await expect(failed).rejects.toThrow("somebody else has changed its password in the meantime");
    expect(fieldOf("password")).toBe("by-hand-0123456789");
    expect(await logsIn("by-hand-0123456789")).toBe(true);
    await expect(failed).rejects.toThrow(again);
    await rotateAgain();
  });

  it("refuses where the server accepts nothing that the item holds, until either has the other's password", async () => {
    const refused = `the server accepts no password of ${item} for ${role}; nothing was changed\n  fix: put the right one into the item (its history has the former ones), or have a superuser set what the item holds, with psql: \\password "${role}"`;
    await onServer("elsewhere-0123456789");
    await expect(rotate()).rejects.toThrow(refused);
    setField("password", "elsewhere-0123456789");
    await rotateAgain();
    await onServer(first);
    await expect(rotate()).rejects.toThrow(refused);
    // A superuser sets what the item holds.
    await onServer(fieldOf("password") ?? "");
    await rotateAgain();
  });

  it("refuses a field of that name that it did not make, until it has another name", async () => {
    const mine = { id: "mine", label: "next password", type: "STRING", value: "mine" };
    edit((fields) => [...fields, mine]);
    await expect(rotate()).rejects.toThrow(
      'has a field "next password" that Berth did not make; nothing was changed\n  fix: give that field another name, then run the same command again',
    );
    expect(await logsIn(first)).toBe(true);
    edit((fields) => fields.map((one) => (one.id === "mine" ? { ...one, label: "mine" } : one)));
    await rotateAgain();
    expect(fieldOf("mine")).toBe("mine");
  });

  it("refuses where the server asks for no password, until pg_hba.conf asks for one", async () => {
    const [setting] = await database.sql<{ hba_file: string }>("show hba_file");
    const file = setting?.hba_file ?? "";
    const rules = readFileSync(file, "utf8");
    const ask = async (method: string, isOpen: boolean): Promise<void> => {
      writeFileSync(file, `host all ${role} all ${method}\n${rules}`);
      await database.sql("select pg_reload_conf()");
      await expect.poll(() => logsIn("not-its-own")).toBe(isOpen);
    };
    await ask("trust", true);
    await expect(rotate()).rejects.toThrow(
      `the server lets ${role} in with any password, so no login would prove a new one; nothing was changed\n  fix: have pg_hba.conf ask for scram-sha-256, then run the same command again`,
    );
    await ask("scram-sha-256", false);
    expect(await logsIn(first)).toBe(true);
    await rotateAgain();
  });
});
