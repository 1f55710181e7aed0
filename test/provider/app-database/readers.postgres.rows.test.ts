import { describe, expect, it } from "vitest";
import { verifyStack } from "../../../cli/verify/verb.ts";
import type { StackSpec } from "../../../components/config/spec.ts";
import type { StoredResource } from "../../../provider/rpc/resource-handler.ts";
import { listChecks } from "../../cli/verify/bed.ts";
import { admin, inputsOfApp } from "./bed.ts";
import { closePublic, items, servers, toSpec } from "./servers.ts";
import { useBed } from "./use-bed.ts";

/** One login that reads the databases of several apps. */

describe.each(servers)(
  "on Postgres %s (%s), as a superuser: %s",
  (version, packageName, isSuperuser) => {
    const bed = useBed({ packageName, isSuperuser });
    const made = new Map<string, StoredResource>();

    const specOf = (roles: object) => toSpec(bed, { crm: {}, metabase: { roles }, shop: {} });
    const up = async (roles: object) => {
      const spec = specOf(roles);
      for (const app of spec.apps) {
        made.set(app.name, await bed.up(inputsOfApp(app), made.get(app.name)));
      }
      return await verify(spec);
    };
    const select = ({ apps }: StackSpec, names?: readonly string[]) =>
      apps.filter(({ name }) => names?.includes(name) !== false);
    /** The run knows no other apps. */
    const verify = async (spec: StackSpec, names?: readonly string[]) =>
      await verifyStack({ ...spec, apps: select(spec, names) }, items, () => undefined);
    const verifyOnly = async (spec: StackSpec, names: readonly string[]) =>
      await verifyStack(spec, items, () => undefined, select(spec, names));
    const reads = (app: string, table: string) =>
      bed.sqlAs("metabase_bi", app, `select from ${table}`).then(
        () => true,
        (error: unknown) => (error as { code?: string }).code,
      );

    it("reads what they have and will make, and nothing else, until the entry says so no more", async () => {
      const bi = { reads: { crm: { except: ["salaries"] }, shop: null } };
      await up({ bi });
      for (const app of made.keys()) await closePublic(bed, app);
      for (const app of ["crm", "shop"]) {
        await bed.sqlAs(app, app, "create table t (id int); create table salaries (id int)");
      }
      expect(await reads("shop", "salaries")).toBe(true);
      expect(await reads("crm", "t")).toBe("42501");
      const verdict = await up({ bi });
      expect(listChecks(verdict, "failed")).toEqual([]);
      const names = verdict.apps.flatMap(({ checks }) => checks.map(({ name }) => name));
      expect(names).toContain("metabase_bi: can log in to shop, as a member of shop_metabase_bi");
      expect([await reads("crm", "t"), await reads("crm", "salaries")]).toEqual([true, "42501"]);
      await expect(bed.sqlAs("metabase_bi", "shop", "delete from t")).rejects.toThrow("permission");
      expect(
        await bed.sql(
          "select rolname::text from pg_roles where rolname ~ '_metabase_bi$' and rolcanlogin",
        ),
      ).toEqual([]);
      for (const one of made.values()) expect(await bed.diff(one)).toEqual([]);
      await up({ bi: { reads: ["shop"] } });
      expect([await reads("shop", "t"), await reads("crm", "t")]).toEqual([true, "42501"]);
    });

    it("is tried as itself where only the app that it reads is verified", async () => {
      const spec = specOf({ bi: { reads: ["shop"] } });
      await up({ bi: { reads: ["shop"] } });
      for (const app of made.keys()) await closePublic(bed, app);
      const verdict = await verifyOnly(spec, ["shop"]);
      expect(verdict.apps.map(({ app }) => app)).toEqual(["shop"]);
      expect(listChecks(verdict, "failed")).toEqual([]);
      const names = verdict.apps.flatMap(({ checks }) => checks.map(({ name }) => name));
      expect(names).toContain("metabase_bi: can log in to shop, as a member of shop_metabase_bi");
    });

    it("is checked by the admin where the run knows only the app that it reads", async () => {
      const roles = { bi: { reads: ["shop"] } };
      await up(roles);
      for (const app of made.keys()) await closePublic(bed, app);
      const only = await verify(specOf(roles), ["shop"]);
      const failed = only.apps.flatMap(({ checks }) => checks).filter(({ ok }) => !ok);
      if (version < "16" && !isSuperuser) {
        expect(failed.map(({ detail }) => detail)).toEqual([
          'role "coachlight_admin" may not set role "shop_metabase_bi"',
        ]);
        const [, grant = ""] = /run: (.*)/.exec(failed[0]?.fix ?? "") ?? [];
        await bed.sqlWith(admin, "postgres", grant);
        expect(listChecks(await verify(specOf(roles), ["shop"]), "failed")).toEqual([]);
      } else expect(failed).toEqual([]);
    });

    it("takes LOGIN from the role that it reads by, where somebody gave it that", async () => {
      await up({ bi: { reads: ["shop"] } });
      await bed.sql("alter role shop_metabase_bi login");
      const shop = made.get("shop") as StoredResource;
      made.set("shop", (await bed.refresh(shop)) ?? shop);
      expect(await bed.diff(made.get("shop") as StoredResource)).toContain(
        "roles.metabase_bi.attributes",
      );
      await up({ bi: { reads: ["shop"] } });
      expect(
        await bed.sql("select from pg_roles where rolname = 'shop_metabase_bi' and rolcanlogin"),
      ).toEqual([]);
    });
  },
);
