import { afterEach, beforeAll, describe, expect, it } from "vitest";
import { hasPsql, psql, toScript } from "../../postgres/psql/run.ts";
import { inputsOf } from "./bed.ts";
import { closePublic, failuresOf, servers } from "./servers.ts";
import { useBed } from "./use-bed.ts";

/** What only CREATE DATABASE can set: made by the provider and by the psql script, checked by both and by `verify`. */

type Refused = [what: string, database: object, said: RegExp, saidByScript: RegExp];
const icuOn14: Refused = [
  "a locale of ICU",
  { icuLocale: "de-DE" },
  /needs Postgres 15/,
  /needs Postgres 15/,
];

describe.each(servers)(
  "on Postgres %s (%s), as a superuser: %s",
  (version, packageName, isSuperuser) => {
    const bed = useBed({ packageName, isSuperuser });

    beforeAll(async () => {
      await bed.sql("create database base is_template true");
      await bed.sql("create table brought (id int)", "base");
    });

    afterEach(async () => {
      await drop();
    });

    const drop = async (): Promise<void> => {
      await bed.sql("drop database if exists basketball with (force)");
      await bed.sql("drop role if exists basketball");
    };
    const row = () =>
      bed.sql(
        `select datcollate, datctype, pg_encoding_to_char(encoding) as encoding, to_jsonb(d) ->> 'datlocprovider' as provider,
           coalesce(to_jsonb(d) ->> 'datlocale', to_jsonb(d) ->> 'daticulocale') as icu
         from pg_database d where datname = 'basketball'`,
      );
    const runScript = (database: object) => psql(bed, toScript(bed, { database }));
    const failures = (database: object) => failuresOf(bed, { basketball: { database } });

    /** The same database from the provider and from the script, with nothing left to do for either. */
    const isMade = async (database: object): Promise<unknown> => {
      const made = await bed.up(inputsOf("basketball", { database }));
      await closePublic(bed, "basketball");
      const first = await row();
      expect(await bed.diff(made)).toEqual([]);
      expect(await failures(database)).toEqual([]);
      if (!hasPsql) return first;
      const again = await runScript(database);
      expect(again.exitCode, again.output).toBe(0);
      await drop();
      await runScript(database);
      expect(await row()).toEqual(first);
      return first;
    };

    it("makes a locale of the operating system", async () => {
      expect(await isMade({ locale: "C", encoding: "LATIN1" })).toMatchObject([
        { datcollate: "C", datctype: "C", encoding: "LATIN1" },
      ]);
      await drop();
      expect(await isMade({ collate: "C", ctype: "C.UTF-8" })).toMatchObject([
        { datcollate: "C", datctype: "C.UTF-8", encoding: "UTF8" },
      ]);
    });

    it("refuses a role whose name is that of somebody else's role in the database", async () => {
      await bed.sql("create database latin template template0 encoding 'LATIN1' locale 'C'");
      // Other bytes than the name has in the maintenance database.
      await bed.sql('create role "Leserö"', "latin");
      const roles = { ro: { profile: "readonly", name: "Leserö" } };
      const inputs = inputsOf("basketball", {
        roles,
        database: { encoding: "LATIN1", locale: "C" },
      });
      bed.clearLog();
      await expect(bed.up(inputs)).rejects.toThrow(
        'role "Leserö" has another name in a session in database "basketball"',
      );
      expect(bed.writes()).toEqual([]);
      await bed.sql('drop role "Leserö"', "latin");
      await bed.sql("drop database latin");
    });

    it.runIf(version !== "14")("makes a locale of ICU", async () => {
      const database = { icuLocale: "de-DE", collate: "C" };
      expect(await isMade(database)).toMatchObject([
        { datcollate: "C", provider: "i", icu: "de-DE" },
      ]);
    });

    it.runIf(version !== "14")(
      "keeps to the operating system where template0 is ICU's",
      async () => {
        const locale = Number(version) < 17 ? "daticulocale" : "datlocale";
        const change = (provider: string, value: string) =>
          bed.sql(
            `update pg_database set datlocprovider = '${provider}', ${locale} = ${value} where datname = 'template0'`,
          );
        await change("i", "'de-DE'");
        try {
          expect(await isMade({ locale: "C" })).toMatchObject([{ datcollate: "C", provider: "c" }]);
          await drop();
          expect(await isMade({})).toMatchObject([{ provider: "i", icu: "de-DE" }]);
        } finally {
          await change("c", "null");
        }
      },
    );

    it("copies a template, with what it holds", async () => {
      await isMade({ template: "base" });
      expect(await bed.sql("select from brought", "basketball")).toEqual([]);
    });

    it.each<Refused>([
      [
        "a locale that the server does not have",
        { locale: "xx_XX.utf8" },
        /does not have the locale xx_XX.utf8/,
        /xx_XX.utf8/,
      ],
      [
        "a template that is not marked",
        { template: "postgres" },
        /not marked as a template/,
        /marked as a template/,
      ],
      [
        "a template that is not there",
        { template: "gone" },
        /no database "gone"/,
        /no database "gone"/,
      ],
      [
        "a template with another encoding",
        { template: "base", encoding: "LATIN1" },
        /copy cannot have LATIN1/,
        /copy cannot have/,
      ],
      [
        "a template with another locale",
        { template: "base", locale: "C" },
        /copy cannot have another/,
        /copy cannot have/,
      ],
      ...(version === "14" ? [icuOn14] : []),
    ])(
      "refuses %s in the preview, and changes nothing",
      async (_, database, said, saidByScript) => {
        const inputs = inputsOf("basketball", { database });
        await expect(bed.preview(inputs)).rejects.toThrow(said);
        await expect(bed.up(inputs)).rejects.toThrow(said);
        if (hasPsql) expect((await runScript(database)).output).toMatch(saidByScript);
        expect(await bed.sql("select from pg_roles where rolname = 'basketball'")).toEqual([]);
      },
    );

    it.each<[string, object, string]>([
      ["collate", { collate: "C" }, "has collate C.UTF-8, which cannot change"],
      ["icuLocale", { icuLocale: "de-DE" }, "has no locale of ICU, which cannot change"],
    ])("refuses another %s for a database that exists", async (_, database, said) => {
      const made = await bed.up(inputsOf("basketball", {}));
      await expect(bed.up(inputsOf("basketball", { database }), made)).rejects.toThrow(said);
      expect((await failures(database)).join("\n")).toContain(said);
      if (hasPsql) expect((await runScript(database)).output).toContain(said);
    });

    it("says that another template has no effect on a database that exists", async () => {
      const made = await bed.up(inputsOf("basketball", {}));
      bed.reports.length = 0;
      const copied = inputsOf("basketball", { database: { template: "base" } });
      const next = await bed.up(copied, made);
      expect(bed.reports.join("\n")).toContain(
        'database "basketball" exists, so template "base" has no effect',
      );
      expect(await bed.diff(next)).toEqual([]);
    });
  },
);
