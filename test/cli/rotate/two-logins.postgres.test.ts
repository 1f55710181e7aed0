import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { PostgresServer } from "../../../components/postgres/server/postgres-server.ts";
import { RotationBed } from "./rotation-bed.ts";

/** Two logins that take turns, from the item to the server, while an app uses them. */

let bed: RotationBed;
/** What the verb printed. */
let printed: string[];

beforeAll(async () => {
  bed = await RotationBed.open();
});

afterAll(async () => {
  await bed.close();
});

beforeEach(async () => {
  await bed.startOver();
  printed = [];
  vi.spyOn(process.stdout, "write").mockImplementation((text) => {
    printed.push(String(text));
    return true;
  });
});

afterEach(() => {
  vi.restoreAllMocks();
});

/** A rotation from netbox_a to netbox_b whose former login is not retired yet. */
async function rotateOnce(): Promise<void> {
  expect(await bed.rotate()).toBe(0);
  expect(bed.login().name).toBe("netbox_b");
  printed = [];
}

const report = (): unknown => JSON.parse(printed.join(""));

const query = (login: { name: string; password: string }) =>
  bed.database.sqlWith(login, "netbox", "select current_user as me");

describe("a rotation", () => {
  it("tries the login that waits, then hands the item over, and the former one goes on working", async () => {
    const before = bed.login();
    expect(await bed.rotate()).toBe(0);
    expect(bed.steps).toEqual([
      "server: role netbox_b has a new password, and logs in with it",
      "item: vaults/Coachlight/items/netbox-db-credentials now names netbox_b",
      "server: role netbox_b has its verifier",
      "login: every role of netbox can log in",
    ]);
    expect(report()).toMatchObject({
      app: "netbox",
      role: "netbox_role",
      login: "netbox_b",
      resumed: false,
      verified: true,
      next: expect.stringContaining("npm run rotate -- netbox --stack prod --retire") as unknown,
    });
    const after = bed.login();
    expect(after.name).toBe("netbox_b");
    expect(after.password).not.toBe(before.password);
    for (const login of [before, after])
      expect(await query(login)).toEqual([{ me: "netbox_role" }]);
  });

  it("does not begin before the former login is retired", async () => {
    await rotateOnce();
    const before = bed.login();
    expect(await bed.rotate()).toBe(0);
    expect(bed.steps[0]).toContain(
      "the last rotation has not ended: netbox_a can still log in: going on with what",
    );
    expect(report()).toMatchObject({ login: "netbox_b", resumed: true });
    expect(bed.login()).toEqual(before);
  });

  it("gives login back to nobody who had none, where somebody comes in between", async () => {
    const former = bed.login();
    await rotateOnce();
    const clients: Awaited<ReturnType<typeof bed.database.connectWith>>[] = [];
    const { runTogether } = PostgresServer.prototype;
    vi.spyOn(PostgresServer.prototype, "runTogether").mockImplementationOnce(async function (
      this: PostgresServer,
      ...args
    ) {
      clients.push(await bed.database.connectWith(former, "netbox"));
      await runTogether.call(this, ...args);
    });
    expect(await bed.retire()).toBe(1);
    expect(report()).toMatchObject({ retired: [], connected: [{ role: "netbox_a" }] });
    expect(await bed.canLogIn()).toEqual(["netbox_a", "netbox_b"]);
    for (const client of clients) await client.end();
  });

  it("retires nothing while somebody is connected, and says who", async () => {
    const former = bed.login();
    await rotateOnce();
    const client = await bed.database.connectWith(former, "netbox");
    expect(await bed.retire()).toBe(1);
    expect(report()).toMatchObject({
      retired: [],
      connected: [{ role: "netbox_a", database: "netbox" }],
    });
    expect(await bed.canLogIn()).toEqual(["netbox_a", "netbox_b"]);
    await client.end();
    await bed.retireAtLast();
    expect(await bed.canLogIn()).toEqual(["netbox_b"]);
    await expect(query(former)).rejects.toMatchObject({ code: "28P01" });
    expect(await query(bed.login())).toEqual([{ me: "netbox_role" }]);
  });

  it("retires again without harm", async () => {
    await rotateOnce();
    await bed.retireAtLast();
    printed = [];
    expect(await bed.retire()).toBe(0);
    expect(report()).toMatchObject({ login: "netbox_b", retired: ["netbox_role", "netbox_a"] });
  });

  it("is refused while somebody is connected as the login that waits", async () => {
    const before = bed.login();
    await bed.database.sql("alter role netbox_b login password 'known-to-nobody'");
    const client = await bed.database.connectWith(
      { name: "netbox_b", password: "known-to-nobody" },
      "netbox",
    );
    await bed.database.sql("alter role netbox_b nologin");
    await expect(bed.rotate()).rejects.toThrow(
      'app netbox: role "netbox_b" is connected to database "netbox", pid ',
    );
    expect(bed.login()).toEqual(before);
    await client.end();
  });

  it("goes on with an edit by hand", async () => {
    const login = { name: "netbox_b", password: "by-hand-0123456789" };
    bed.setLogin(login);
    expect(await bed.rotate()).toBe(0);
    expect(report()).toMatchObject({ login: "netbox_b", resumed: true, verified: true });
    expect(bed.login()).toEqual(login);
    expect(await query(login)).toEqual([{ me: "netbox_role" }]);
    await bed.retireAtLast();
  });
});

describe("a new password that the server does not take", () => {
  it("never reaches the item, and the next run begins again", async () => {
    const before = bed.login();
    const { runTogether } = PostgresServer.prototype;
    vi.spyOn(PostgresServer.prototype, "runTogether").mockImplementationOnce(async function (
      this: PostgresServer,
      ...args
    ) {
      await runTogether.call(this, ...args);
      await bed.database.sql("alter role netbox_b password 'of-somebody-else'");
    });
    await expect(bed.rotate()).rejects.toThrow(
      "the server has a new password for role netbox_b and refuses it; vaults/Coachlight/items/netbox-db-credentials is unchanged and works as before",
    );
    expect(bed.login()).toEqual(before);
    expect(await query(before)).toEqual([{ me: "netbox_role" }]);
    expect(await bed.rotate()).toBe(0);
    expect(report()).toMatchObject({ login: "netbox_b", resumed: false, verified: true });
    await bed.retireAtLast();
  });
});

describe("an edit of the item whose answer is lost", () => {
  it("is found there, and the rotation goes on", async () => {
    const before = bed.login();
    const restore = bed.loseAnswers();
    expect(await bed.rotate()).toBe(0);
    restore();
    expect(report()).toMatchObject({ resumed: false, verified: true });
    expect(bed.login().password).not.toBe(before.password);
    expect(await query(bed.login())).toEqual([{ me: "netbox_role" }]);
    await bed.retireAtLast();
  });
});

describe("a password that somebody changed on the server", () => {
  it("is replaced by a new one for the same login, whoever waits", async () => {
    const before = bed.login();
    await bed.database.sql(`alter role ${before.name} password 'of-somebody-else'`);
    expect(await bed.rotate()).toBe(0);
    expect(report()).toMatchObject({ login: before.name, resumed: true, verified: true });
    expect(bed.login().password).not.toBe(before.password);
    expect(await query(bed.login())).toEqual([{ me: "netbox_role" }]);
    expect(await bed.canLogIn()).toEqual([before.name]);
  });
});

describe("an edit by hand in the middle of a rotation", () => {
  it("is not written over, and the next run goes on with it", async () => {
    const edited = { ...bed.login(), password: "in-between-0123456789" };
    const rotating = bed.rotate("logs in with it", () => {
      bed.setLogin(edited);
    });
    await expect(rotating).rejects.toThrow(
      "app netbox: vaults/Coachlight/items/netbox-db-credentials was changed by somebody else in the meantime; it was not written\n  fix: run the same command again",
    );
    expect(bed.login()).toEqual(edited);
    expect(await bed.rotate()).toBe(0);
    expect(report()).toMatchObject({ login: edited.name, resumed: true, verified: true });
    await bed.retireAtLast();
    expect(await bed.canLogIn()).toEqual([edited.name]);
    expect(await query(edited)).toEqual([{ me: "netbox_role" }]);
  });
});

describe("two rotations at once", () => {
  it("end with an item that works, and the second goes on with what the first has begun", async () => {
    const before = bed.login();
    expect(await Promise.all([bed.rotate(), bed.rotate()])).toEqual([0, 0]);
    const after = bed.login();
    expect(after.name).not.toBe(before.name);
    for (const login of [before, after])
      expect(await query(login)).toEqual([{ me: "netbox_role" }]);
    const resumed = printed.map((text) => (JSON.parse(text) as { resumed: boolean }).resumed);
    expect(resumed.toSorted()).toEqual([false, true]);
    await bed.retireAtLast();
  });
});

describe("a rotation that was killed", () => {
  it.each([
    ["before the item was written", "has a new password", false],
    ["after the item was written", "now names", true],
    ["after pulumi up", "has its verifier", true],
  ])("%s ends the next time", async (_, diesAt, resumed) => {
    const before = bed.login();
    const expected = before.name === "netbox_a" ? "netbox_b" : "netbox_a";
    await expect(bed.rotate(diesAt)).rejects.toThrow("killed here");
    // Whatever the item says now works.
    expect(await query(bed.login())).toEqual([{ me: "netbox_role" }]);
    expect(await query(before)).toEqual([{ me: "netbox_role" }]);
    expect(await bed.rotate()).toBe(0);
    expect(report()).toMatchObject({ login: expected, resumed, verified: true });
    expect(bed.login().name).toBe(expected);
    expect(bed.login().password).not.toBe(before.password);
    await bed.retireAtLast();
    expect(await bed.canLogIn()).toEqual([expected]);
  });
});
