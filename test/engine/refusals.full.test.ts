import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import net from "node:net";
import path from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { startServer, stopServer } from "../../dev/postgres/server.ts";
import { countFaults } from "../faults/count.ts";
import type { Config } from "./bed.ts";
import { keepSafe, useBed } from "./use-bed.ts";

/** What must not happen, on real parts: each refusal says what to do, and changes nothing. */

const bed = useBed();
keepSafe(bed);

/** No role of ours, and nothing of ours in the log but reading. */
async function expectUntouched(): Promise<void> {
  expect(
    await bed.sql("select from pg_roles where rolname in ('netbox', 'basketball', 'berth_dev')"),
  ).toEqual([]);
  expect(existsSync(bed.gitops)).toBe(false);
}

countFaults("entries that Pulumi is run with");

describe("bad input", () => {
  it("fails with every mistake of the stack file at once, before any connection", async () => {
    const output = await bed.failUp(
      (config) => {
        config["berth:apps"] = {
          'net"box': null,
          paperless: null,
          shop: { databse: {}, owner: { name: "pg_shop" } },
          other: { owner: { name: "x".repeat(64) } },
        };
      },
      { OP_CONNECT_HOST: "http://127.0.0.1:1" },
    );
    expect(output).toContain('berth:apps.net"box');
    expect(output).toContain('unknown key "databse"');
    expect(output).toContain("64 bytes long");
    expect(output).toContain('berth:apps.paperless.owner.name: "paperless" is reserved');
    expect(output).not.toContain("127.0.0.1:1");
    expect(output).not.toContain("at file:");
    // It says what to do; that it may be a bug would send the reader elsewhere.
    expect(output).not.toContain("report it as a bug");
    expect(output).not.toContain("an unhandled error occurred");
    await expectUntouched();
  });
});

describe("the server", () => {
  it("fails to write when the stack pins none, and shows the line to add; a preview goes on", async () => {
    const restore = bed.configure((config) => {
      delete config["berth:postgres"]["systemIdentifier"];
    });
    const { output, exitCode } = await bed.up();
    const preview = await bed.preview();
    restore();
    expect(exitCode).not.toBe(0);
    expect(output).toMatch(/systemIdentifier: "\d+"/);
    expect(preview.exitCode).toBe(0);
    expect(preview.output).toMatch(/systemIdentifier: "\d+"/);
    await expectUntouched();
  });

  it("fails when it is dead, and says how to test the way", async () => {
    const { port } = bed.sandbox.superuser;
    const home = path.join(bed.sandbox.home, "postgres");
    await stopServer(home);
    const output = await bed.failUp();
    await startServer({ home, port, settings: { log_statement: "all" } });
    expect(output).toContain("connection refused");
    expect(output).toContain(`pg_isready -h 127.0.0.1 -p ${String(port)}`);
    await expectUntouched();
  });

  it("fails in seconds when something accepts and never answers", async () => {
    const silent = net.createServer(() => undefined).listen(0, "127.0.0.1");
    await new Promise((resolve) => silent.once("listening", resolve));
    const { port } = silent.address() as net.AddressInfo;
    const output = await bed.failUp((config) => {
      config["berth:postgres"]["endpoint"] = { direct: { host: "127.0.0.1", port } };
    });
    silent.close();
    expect(output).toContain("10 s");
    await expectUntouched();
  });

  it("previews without it if asked, and says what it did not compare", async () => {
    const restore = bed.configure((config) => {
      config["berth:postgres"]["endpoint"] = { direct: { host: "127.0.0.1", port: 1 } };
    });
    const result = await bed.pulumi(["preview"], { BERTH_OFFLINE: "true" });
    restore();
    expect(result.exitCode).toBe(0);
    expect(result.output).toContain("not compared with the server");
  });
});

describe("what others made", () => {
  beforeAll(async () => {
    await bed.sql(
      "create role legacy login password 'md5aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa' connection limit 7",
    );
    await bed.sql("create role readers nologin");
    await bed.sql("grant readers to legacy");
    await bed.sql("create database legacy owner legacy");
    await bed.sql(
      "grant legacy, readers to coachlight_admin with admin true, inherit true, set true",
    );
    await bed.sqlAs(
      { name: "postgres", password: bed.sandbox.superuser.password },
      "legacy",
      "create table kept (id int)",
    );
    await bed.addLogin("legacy-db-credentials", "legacy", "CanaryLegacyPassword0123456789");
  });

  const only = (entry: Record<string, unknown>) => (config: Config) => {
    config["berth:apps"] = { legacy: entry };
  };

  it("fails without `adopt`, and shows what would change", async () => {
    const output = await bed.failUp(only({}));
    expect(output).toContain('role "legacy" exists and was not made by this stack');
    expect(output).toContain("connection limit 7 becomes -1");
    expect(output).toContain("berth:apps.legacy.adopt");
    expect(await bed.sql("select rolconnlimit from pg_roles where rolname = 'legacy'")).toEqual([
      { rolconnlimit: 7 },
    ]);
  });

  it("adopts with `adopt`, keeping what the entry states and every row", async () => {
    const owner = { memberOf: ["readers"], connectionLimit: 7 };
    const restore = bed.configure(only({ adopt: true, owner }));
    const preview = await bed.preview();
    expect(preview.output).toContain("its password becomes the one in 1Password");
    expect(await bed.bringUp()).toContain("adopting: app legacy");
    expect(await bed.bringUp()).not.toMatch(/\d+ (created|updated|deleted|replaced|imported)/);
    restore();
    const legacy = { name: "legacy", password: "CanaryLegacyPassword0123456789" };
    await bed.sqlAs(legacy, "legacy", "select 1");
    expect(await bed.sql("select from pg_class where relname = 'kept'", "legacy")).toHaveLength(1);
    expect(
      await bed.sql(
        "select pg_has_role('legacy', 'readers', 'member') as still, rolconnlimit from pg_roles where rolname = 'legacy'",
      ),
    ).toEqual([{ still: true, rolconnlimit: 7 }]);
    expect(await bed.sql("select datacl::text from pg_database where datname = 'legacy'")).toEqual([
      { datacl: null },
    ]);
  });

  it("fails for a manifest file that somebody else wrote, and leaves it alone", async () => {
    const file = path.join(bed.gitops, "argocd/apps/infra/netbox.yml");
    mkdirSync(path.dirname(file), { recursive: true });
    writeFileSync(file, "kind: Theirs\n");
    expect(await bed.failUp()).toContain("argocd/apps/infra/netbox.yml");
    expect(readFileSync(file, "utf8")).toBe("kind: Theirs\n");
  });
});
