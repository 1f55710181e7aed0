import { existsSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { countFaults } from "../faults/count.ts";
import { rowsOf } from "../rows.ts";
import { useBed } from "./use-bed.ts";

/** Reading items while Pulumi runs, against the stand-in, in all the ways in which it can go wrong. */

const bed = useBed();

async function expectUntouched(): Promise<void> {
  const ours = "select from pg_roles where rolname in ('netbox', 'basketball', 'berth_dev')";
  expect(await bed.sql(ours)).toEqual([]);
  expect(existsSync(bed.gitops)).toBe(false);
}

const ways = rowsOf(
  [{ way: "Connect's own client", throughProvider: false }],
  [{ way: "1Password's real provider", throughProvider: true }],
);

/** Reads that way from here on. */
function readThrough({ throughProvider }: (typeof ways)[number]): void {
  bed.configure((config) => {
    Object.assign(config["berth:onepassword"] as object, { throughProvider });
  });
}

countFaults("of 1Password and its items");

describe.each(ways)("1Password through $way", (way) => {
  beforeAll(() => {
    readThrough(way);
  });

  it("fails for a wrong token, without showing it", async () => {
    const output = await bed.failUp(undefined, { OP_CONNECT_TOKEN: "canary-wrong-token" });
    expect(output).toContain("1Password refused the token");
    expect(output).not.toContain("canary-wrong-token");
    await expectUntouched();
  });

  it("fails with all missing items and fields in one error, and the command that makes them", async () => {
    const output = await bed.failUp((config) => {
      config["berth:apps"] = {
        shop: null,
        wiki: { secrets: { "netbox-redis-credentials": ["password", "no-such-field"] } },
      };
    });
    expect(output).toContain(
      "fix: npm run add -- shop --stack dev, or op item create --category login --vault Coachlight --title shop-db-credentials --generate-password=letters,digits,32 username=shop",
    );
    expect(output).toContain("--title wiki-db-credentials");
    expect(output).toContain('no field "no-such-field"');
    await expectUntouched();
  });

  it("fails when it cannot be reached, and says how to test that", async () => {
    const output = await bed.failUp(undefined, { OP_CONNECT_HOST: "http://127.0.0.1:1" });
    expect(output).toContain("cannot reach 1Password");
    expect(output).toContain("/heartbeat");
    await expectUntouched();
  });
});

// Last, since it makes what the tests above want not to be there.
it.each(ways)(
  "waits out too many requests and failures of the server through $way",
  async (way) => {
    readThrough(way);
    await bed.playFaults(
      { kind: "rate-limit", times: 2, retryAfterSeconds: 0 },
      { kind: "server-error", times: 2 },
    );
    await bed.bringUp();
    await bed.expectNoChanges();
  },
);

describe("the provider, which reads the admin's item by itself", () => {
  beforeAll(async () => {
    readThrough({ way: "", throughProvider: false });
    await bed.bringUp();
  });

  const without = { OP_CONNECT_HOST: "", OP_CONNECT_TOKEN: "" };

  it("says what refresh needs if the environment lacks it", async () => {
    const { output, exitCode } = await bed.pulumi(["refresh", "--yes", "--skip-preview"], without);
    expect(exitCode).not.toBe(0);
    expect(output).toContain(
      "whenever Berth asks the server, in pulumi refresh and destroy as well.",
    );
    expect(output).toContain("fix: export OP_CONNECT_HOST and OP_CONNECT_TOKEN");
  });

  it("goes on with state of an earlier version, which holds the password, and drops it", async () => {
    const file = path.join(bed.sandbox.home, "old-state.json");
    await bed.pulumi(["stack", "export", "--show-secrets", "--file", file]);
    const state = JSON.parse(readFileSync(file, "utf8")) as {
      deployment: { resources: { type: string; inputs?: Record<string, object> }[] };
    };
    const provider = state.deployment.resources.find(
      ({ type }) => type === "pulumi:providers:berth",
    );
    const password = "canary-of-old-state";
    Object.assign(provider?.inputs?.["postgres"] ?? {}, { password });
    writeFileSync(file, JSON.stringify(state));
    expect((await bed.pulumi(["stack", "import", "--file", file])).exitCode).toBe(0);
    const readState = async () => (await bed.pulumi(["stack", "export", "--show-secrets"])).output;
    expect(await readState()).toContain(password);
    expect((await bed.pulumi(["refresh", "--yes", "--skip-preview"])).exitCode).toBe(0);
    const up = await bed.pulumi(["up", "--yes", "--skip-preview", "--diff"]);
    expect(up.exitCode).toBe(0);
    expect(up.output).not.toMatch(/replace/);
    expect(await readState()).not.toContain(password);
    await bed.expectNoChanges();
  });

  it("needs no password to destroy a stack whose databases are kept", async () => {
    expect((await bed.pulumi(["destroy", "--yes", "--skip-preview"], without)).exitCode).toBe(0);
  });
});
