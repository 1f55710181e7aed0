import { escapeLiteral } from "pg";
import type { SettingsByName } from "../../config/schema/postgres/settings.ts";
import type { DatabasePlan, PlannedDatabase } from "../plan/plan.ts";
import { inDollars } from "./sql.ts";

/** A setting that the server refuses, with the server's reason. */
export interface RefusedSetting {
  readonly name: string;
  readonly value: string;
  /** SQLSTATE. */
  readonly code: string;
  readonly reason: string;
}

/**
 * The locales of a database as settings that any session may try: a server that has not installed a locale refuses
 * each setting of that kind.
 */
export function toTriedLocales({ collate, ctype }: PlannedDatabase): SettingsByName {
  return {
    ...(collate === undefined ? {} : { lc_monetary: collate }),
    ...(ctype === undefined ? {} : { lc_time: ctype }),
  };
}

/** All of a plan that a session can try; empty = nothing. */
export function listTried({ roles, database }: DatabasePlan): readonly SettingsByName[] {
  const all = [...[database, ...roles].map(({ settings }) => settings), toTriedLocales(database)];
  return all.filter((settings) => Object.keys(settings).length > 0);
}

/** SQLSTATE of the error with which the block ends if the server refuses a setting. */
export const refusedCode = "BE001";

/**
 * A DO block that tries each setting in the session of the admin and takes it back at once. It changes nothing. It
 * ends with an error whose message is the JSON of the refused settings.
 *
 * A name with a dot that no loaded extension defines is accepted by a session, but in ALTER ROLE and ALTER DATABASE
 * it needs a superuser or, from 15 on, the privilege SET on it.
 */
export function toSettingsTrial(settings: readonly SettingsByName[]): string {
  const rows = settings
    .flatMap((some) => Object.entries(some))
    .map(([name, value]) => `(${escapeLiteral(name)}, ${escapeLiteral(value)})`);
  return inBlock(`DECLARE
  one record;
  may_set boolean;
  refused json[] := '{}';
BEGIN
  FOR one IN SELECT DISTINCT name, value FROM (VALUES ${[...new Set(rows)].join(", ")}) wanted (name, value) ORDER BY 1, 2 LOOP
    BEGIN
      IF one.name LIKE '%.%' AND NOT (SELECT rolsuper FROM pg_catalog.pg_roles WHERE rolname = current_user)
        AND NOT EXISTS (SELECT FROM pg_catalog.pg_settings s WHERE pg_catalog.lower(s.name) = one.name
          AND s.category <> 'Customized Options') THEN
        may_set := false;
        IF pg_catalog.current_setting('server_version_num')::int >= 150000 THEN
          EXECUTE 'SELECT pg_catalog.has_parameter_privilege($1, ''SET'')' INTO may_set USING one.name;
        END IF;
        IF NOT may_set THEN
          RAISE insufficient_privilege USING MESSAGE = pg_catalog.format('permission denied to set parameter "%s"', one.name);
        END IF;
      END IF;
      PERFORM pg_catalog.set_config(one.name, one.value, true);
      RAISE EXCEPTION USING ERRCODE = 'BE000';
    EXCEPTION
      WHEN SQLSTATE 'BE000' THEN NULL;
      WHEN OTHERS THEN refused := refused || pg_catalog.json_build_object(
        'name', one.name, 'value', one.value, 'code', SQLSTATE, 'reason', SQLERRM);
    END;
  END LOOP;
  IF pg_catalog.cardinality(refused) > 0 THEN
    RAISE EXCEPTION USING ERRCODE = '${refusedCode}', MESSAGE = pg_catalog.array_to_json(refused)::text;
  END IF;
END`);
}

/** A DO block, with a dollar quote that does not occur in the body. */
export function inBlock(body: string): string {
  return `DO ${inDollars(`\n${body}\n`)};`;
}
