import path from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { execa } from "execa";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { projectFolder } from "../../components/project-folder.ts";
import { SteadyApp } from "../cli/rotate/steady-app.ts";
import { keepSafe, useBed } from "./use-bed.ts";

/** An app goes from one login to two that take turns, on the real engine, killed in between. */

const bed = useBed();
keepSafe(bed);
let app: SteadyApp;
const item = "netbox-db-credentials";

beforeAll(async () => {
  bed.configure((config) => {
    // Its chart takes the role's name from the stack file, which two logins do not have.
    delete (config["berth:apps"] as Record<string, Record<string, unknown>>)["netbox"]?.[
      "workload"
    ];
  });
  await bed.bringUp();
  const { host, port } = bed.sandbox.superuser;
  const source = { read: () => bed.login(item), lagMs: 300 };
  app = new SteadyApp({ host, port, database: "netbox" }, source, "steady");
});

afterAll(async () => {
  await app.stop();
});

/** @param killAt The whole run is killed once it has printed this. */
async function rotate(args: readonly string[] = [], killAt?: string) {
  const cli = path.join(projectFolder, "cli/main.ts");
  const given = ["--stack", "dev", "--config-file", bed.sandbox.stackFile, "--app", "netbox"];
  const running = execa(process.execPath, [cli, "rotate", ...given, ...args], {
    env: { ...bed.toolchain.env, ...bed.sandbox.env, NO_COLOR: "1" },
    stdin: "ignore",
    reject: false,
    detached: true,
    all: true,
  });
  let seen = "";
  running.all.on("data", (chunk: Buffer) => {
    seen += chunk.toString();
    if (killAt !== undefined && seen.includes(killAt) && running.pid !== undefined) {
      try {
        process.kill(-running.pid, "SIGKILL");
      } catch {
        // It has ended meanwhile, or this was a later piece of its output.
      }
    }
  });
  const { exitCode, signal, all } = await running;
  bed.outputs.push(all);
  return { exitCode, signal, output: all };
}

async function untilUsed(login: string): Promise<void> {
  const before = app.count;
  while (app.login !== login || app.count < before + 20) await delay(50);
}

/** Short of connections of the app that are about to end. */
async function retireAtLast(): Promise<string> {
  for (let tries = 0; tries < 20; tries += 1) {
    const { exitCode, output } = await rotate(["--retire"]);
    if (exitCode === 0) return output;
    expect(output).toContain("not retired: app netbox, nothing was changed");
  }
  throw new Error("somebody keeps connected as the former login");
}

const canLogIn = () =>
  bed.sql("select rolname as name from pg_roles where rolname ~ '^netbox' and rolcanlogin");

describe("an app with one login", () => {
  it("is moved to two by rotate, with nothing refused and nothing re-owned", async () => {
    bed.configure((config) => {
      const apps = config["berth:apps"] as Record<string, Record<string, unknown>>;
      apps["netbox"] = { ...apps["netbox"], owner: { rotation: "two-logins", name: "netbox" } };
    });
    const preview = await bed.preview();
    expect(preview.exitCode).toBe(0);
    expect(preview.output).toContain('CREATE ROLE "netbox_a" NOLOGIN');
    expect(preview.output).toContain(`ALTER ROLE "netbox_a" SET role TO 'netbox'`);
    expect(preview.output).toContain('role "netbox", which owns its database, can still log in');
    const { exitCode, output } = await rotate();
    expect(exitCode, output).toBe(0);
    expect(output).toContain("rotated: app netbox, role netbox_a");
    await untilUsed("netbox_a");
    expect(await canLogIn()).toEqual([{ name: "netbox" }, { name: "netbox_a" }]);
    const retired = await retireAtLast();
    expect(retired).toContain("retired: app netbox, netbox, netbox_b; netbox_a is in use");
    expect(await canLogIn()).toEqual([{ name: "netbox_a" }]);
    await bed.expectNoChanges();
  });
});

describe("verify", () => {
  async function findFailures(): Promise<string[]> {
    const { apps } = await bed.verify();
    const checks = apps.flatMap((found) => found.checks);
    expect(checks.map(({ name }) => name)).toContain(
      "netbox_b: does not accept the password of netbox_a",
    );
    return checks.filter(({ ok }) => !ok).map(({ name }) => name);
  }

  it("finds nothing wrong", async () => {
    expect(await findFailures()).toEqual([]);
  });

  it.each([
    [
      "alter role netbox_a reset role",
      "alter role netbox_a set role to netbox",
      ["netbox_a: runs as netbox", "netbox: everything belongs to netbox"],
    ],
    [
      "alter role netbox_b reset role",
      "alter role netbox_b set role to netbox",
      ["netbox_b: runs as netbox"],
    ],
    [
      "alter role netbox_b createdb",
      "alter role netbox_b nocreatedb",
      ["netbox_b: is not a superuser"],
    ],
    [
      "revoke netbox from netbox_b granted by coachlight_admin",
      "grant netbox to netbox_b granted by coachlight_admin",
      ["netbox_b: memberships"],
    ],
    [
      "create table lost (); alter table lost owner to netbox_b",
      "drop table lost",
      ["netbox: everything belongs to netbox"],
    ],
  ])("names what %s has done", async (breaks, repairs, failures) => {
    await bed.sql(breaks, "netbox");
    try {
      expect(await findFailures()).toEqual(failures);
    } finally {
      await bed.sql(repairs, "netbox");
      await bed.sql("reassign owned by netbox_a, netbox_b to netbox", "netbox");
    }
  });
});

describe("a rotation that is killed with -9", () => {
  it.each([
    "has a new password, and logs in with it",
    "now names",
    "Updating (dev)",
    "has its verifier",
  ])('when it has said "%s" ends the next time', async (killAt) => {
    const before = bed.login(item);
    const killed = await rotate([], killAt);
    expect(killed.signal).toBe("SIGKILL");
    let again = await rotate();
    if (/currently locked|: locked by/.test(again.output)) {
      expect((await bed.pulumi(["cancel", "--yes", "--stack", "dev"])).exitCode).toBe(0);
      again = await rotate();
    }
    expect(again.exitCode, again.output).toBe(0);
    const after = bed.login(item);
    expect(after.name).not.toBe(before.name);
    await untilUsed(after.name);
    await retireAtLast();
    expect(await canLogIn()).toEqual([{ name: after.name }]);
  });
});

describe("all the while", () => {
  it("the app was refused nothing, and all it made is the owner's", async () => {
    await app.stop();
    expect(app.failures).toEqual([]);
    expect([...app.done.keys()].toSorted()).toEqual(["netbox", "netbox_a", "netbox_b"]);
    expect(
      await bed.sql(
        "select distinct relowner::regrole::text as owner from pg_class where relname like 'steady%'",
        "netbox",
      ),
    ).toEqual([{ owner: "netbox" }]);
    await bed.expectNoChanges();
  });
});
