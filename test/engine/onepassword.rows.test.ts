import { existsSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { rowsOf } from "../rows.ts";
import { Bed } from "./bed.ts";

/** Reading items while Pulumi runs, against the stand-in, in all the ways in which it can go wrong. */

let bed: Bed;

beforeAll(async () => {
  bed = await Bed.open();
});

afterAll(async () => {
  await bed.close();
});

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

describe.each(ways)("1Password through $way", (way) => {
  beforeAll(() => {
    readThrough(way);
  });

  it("fails for a wrong token, without showing it", async () => {
    const { output, exitCode } = await bed.up({ OP_CONNECT_TOKEN: "canary-wrong-token" });
    expect(exitCode).not.toBe(0);
    expect(output).toContain("1Password refused the token");
    expect(output).not.toContain("canary-wrong-token");
    await expectUntouched();
  });

  it("fails with all missing items and fields in one error, and the command that makes them", async () => {
    const restore = bed.configure((config) => {
      config["berth:apps"] = {
        shop: null,
        wiki: { secrets: { "netbox-redis-credentials": ["password", "no-such-field"] } },
      };
    });
    const { output, exitCode } = await bed.up();
    restore();
    expect(exitCode).not.toBe(0);
    expect(output).toContain(
      "op item create --category login --vault Coachlight --title shop-db-credentials --generate-password=letters,digits,32 username=shop",
    );
    expect(output).toContain("--title wiki-db-credentials");
    expect(output).toContain('no field "no-such-field"');
    await expectUntouched();
  });

  it("fails when it cannot be reached, and says how to test that", async () => {
    const { output, exitCode } = await bed.up({ OP_CONNECT_HOST: "http://127.0.0.1:1" });
    expect(exitCode).not.toBe(0);
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
    const { exitCode } = await bed.up();
    expect(exitCode).toBe(0);
    expect((await bed.preview("--expect-no-changes")).exitCode).toBe(0);
  },
);
