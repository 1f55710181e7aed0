import { describe, expect, it } from "vitest";
import { PartialFailure } from "../../../provider/rpc/resource-handler.ts";
import { inputsOf, ownershipRole, toUrn } from "./bed.ts";
import { useBed } from "./use-bed.ts";

/** How a run of the handler begins and ends: checked, stopped, refused, side by side with others. */

const entry = { roles: { admin: { profile: "readwrite" } } };

const bed = useBed();

describe("a run that is stopped or fails", () => {
  it("ends at a statement boundary when cancelled, keeps what was done, and goes on from there", async () => {
    const handler = await bed.provider();
    const inputs = inputsOf("basketball", entry);
    const creating = handler.create({ urn: toUrn("basketball"), inputs, preview: false });
    while ((await bed.sql("select from pg_roles where rolname = 'basketball_admin'")).length === 0);
    handler.cancel();
    const failure = await creating.catch((error: unknown) => error);
    await handler.close();
    expect(failure).toBeInstanceOf(PartialFailure);
    const { id, state, message } = failure as PartialFailure;
    expect(message).toContain("stopped before");
    expect(state["incomplete"]).toBe(true);
    const half = { id, urn: toUrn("x"), inputs, state };
    expect(await bed.diff(half)).toContain("incomplete");
    // A refresh takes what was never made for no loss, and does not forget that something is missing.
    const refreshed = await bed.refresh(half);
    if (refreshed === undefined) throw new Error("it is not there");
    expect(refreshed.state["incomplete"]).toBe(true);
    const whole = await bed.up(inputs, refreshed);
    expect(whole.state["incomplete"]).toBeUndefined();
    expect((await bed.refresh(whole))?.state).toEqual(whole.state);
  });

  it("says once that it did not look into the databases, where the stack file says so", async () => {
    const made = await bed.up(inputsOf("blind", { roles: { ro: { profile: "readonly" } } }));
    await bed.sqlAs("blind", "blind", "create table page (id int)");
    await bed.sql("revoke select on page from blind_ro", "blind");
    const handler = await bed.provider({ compareInside: false });
    const { id, urn, inputs, state } = made;
    const request = { id, urn, oldInputs: inputs, oldState: state, newInputs: inputs };
    bed.reports.length = 0;
    expect(await handler.diff(request)).toEqual({});
    expect(await handler.diff(request)).toEqual({});
    expect(bed.reports).toEqual([expect.stringContaining("was not compared")]);
    const live = await handler.read({ id, urn, inputs, state });
    bed.reports.length = 0;
    const after = await handler.diff({ ...request, oldState: live?.state ?? {} });
    expect(Object.keys(after)).toEqual(["roles.ro.grants.table"]);
    expect(bed.reports.join()).not.toContain("was not compared");
    await handler.close();
    expect(await bed.diff(made)).toEqual(["roles.ro.grants.table"]);
  });

  it("gives all of the access or none of it, and says who is in the way", async () => {
    const made = await bed.up(inputsOf("shop", entry));
    await bed.sqlAs("shop", "shop", "create table orders (id int); create table items (id int)");
    const locking = await bed.connect("shop");
    await locking.query("begin; lock table orders in access exclusive mode");
    const more = inputsOf("shop", {
      roles: { ...entry.roles, more: { profile: "readonly" } },
      database: { schemas: ["billing"] },
    });
    const failure = await bed.up(more, made).catch((error: unknown) => error);
    await locking.end();
    expect(String(failure)).toMatch(/another session has a lock on it; find it with: SELECT pid/);
    if (!(failure instanceof PartialFailure)) throw new Error("nothing was done");
    const given = await bed.sql(
      `select defaclobjtype::text from pg_default_acl where defaclacl::text like '%shop_more%'
       union all select relname from pg_class where relacl::text like '%shop_more%'
       union all select datname from pg_database where datacl::text like '%shop_more%'
       union all select nspname from pg_namespace where nspname = 'billing'`,
      "shop",
    );
    expect(given).toEqual([]);
    const whole = await bed.up(more, { ...made, inputs: more, state: failure.state });
    await bed.sqlAs("shop_more", "shop", "select from orders, items");
    expect((await bed.refresh(whole))?.state).toEqual(whole.state);
  });

  it("waits for another run that writes", async () => {
    const writing = await bed.connect("postgres");
    await writing.query("select pg_advisory_lock(422608794728)");
    const running = bed.up(inputsOf("later"));
    const waiting = "select from pg_locks where locktype = 'advisory' and not granted";
    await expect.poll(() => bed.sql(waiting)).toHaveLength(1);
    expect(await bed.sql("select from pg_roles where rolname = 'later'")).toEqual([]);
    await writing.end();
    await running;
  });

  it("writes to no server that the stack does not name", async () => {
    bed.clearLog();
    const config = { systemIdentifier: "123" };
    await expect(bed.up(inputsOf("nowhere"), undefined, config)).rejects.toThrow(
      /this is another server/,
    );
    expect(bed.writes()).toEqual([]);
  });

  it("makes twenty apps side by side without a failure, with at most four connections", async () => {
    const handler = await bed.provider();
    let most = 0;
    let pending = 20;
    const isBusy = (): boolean => pending > 0;
    const watching = (async () => {
      while (isBusy()) {
        const [row] = await bed.sql<{ n: number }>(
          "select count(*)::int as n from pg_stat_activity where usename = 'coachlight_admin'",
        );
        most = Math.max(most, row?.n ?? 0);
      }
    })();
    const names = Array.from({ length: 20 }, (_, n) => `app${String(n)}`);
    await Promise.all(
      names.map((name) =>
        handler.create({
          urn: toUrn(name),
          inputs: inputsOf(name, { roles: { rw: { profile: "readwrite" } } }),
          preview: false,
        }),
      ),
    );
    pending = 0;
    await watching;
    await handler.close();
    expect(most).toBeLessThanOrEqual(4);
    const found = await bed.sql("select from pg_database where datname like 'app%'");
    expect(found).toHaveLength(20);
  });
});

describe("check", () => {
  it("lists all mistakes at once, each by its path, and knows the reserved names by itself", async () => {
    const handler = await bed.provider();
    const check = async (inputs: Record<string, unknown>) =>
      (await handler.check({ urn: toUrn("x"), oldInputs: undefined, newInputs: inputs as never }))
        .failures;
    const good = inputsOf("basketball", entry);
    expect(await check(good)).toEqual([]);
    const roles = good["roles"] as Record<string, Record<string, unknown>>;
    const bad = {
      ...good,
      typo: 1,
      database: { ...(good["database"] as object), name: "n".repeat(64), connectionLimit: 0 },
      roles: { ...roles, admin: { ...roles["admin"], grants: { table: ["SELECT", "USAGE"] } } },
      verifiers: { owner: "plain password" },
    };
    const failures = await check(bad);
    expect(failures.map(({ property }) => property).toSorted()).toEqual([
      "",
      "database.connectionLimit",
      "database.name",
      "roles.admin.grants.table.1",
      "verifiers.owner",
    ]);
    expect(JSON.stringify(failures)).not.toContain("plain password");
    const foreign = {
      ...good,
      database: { ...(good["database"] as object), name: "paperless" },
      roles: {
        ...roles,
        owner: { ...roles["owner"], name: "coachlight_admin" },
        admin: {
          ...roles["admin"],
          name: ownershipRole,
          memberOf: ["pg_read_all_data", "paperless"],
        },
      },
    };
    expect((await check(foreign)).map(({ property }) => property).toSorted()).toEqual([
      "database.name",
      "roles.admin.memberOf",
      "roles.admin.name",
      "roles.owner.name",
    ]);
    await handler.close();
  });
});
