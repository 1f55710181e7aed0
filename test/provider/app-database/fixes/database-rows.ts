import { expect } from "vitest";
import { decideLogin } from "../../../../cli/rotate/two-logins-server.ts";
import { toOneError } from "../../../../components/errors.ts";
import { inspectCatalog } from "../../../../components/postgres/catalog/catalog.ts";
import { planDatabase } from "../../../../components/postgres/plan/plan.ts";
import { makeSpec } from "../../../fakes/stack.ts";
import type { Repair, Row, Trial } from "./trial.ts";

/** Problems of an app's database as a whole. */

const made = (then: (t: Trial) => Promise<unknown>): Row["arrange"] =>
  async function arrange(t) {
    await t.up();
    await then(t);
    return t.up;
  };

/** A database that the admin made by hand, with a role of the same name unless another is given. */
const byHand = (options = "", owner?: string): Row["arrange"] =>
  async function arrange(t) {
    const role = owner ?? t.app;
    await t.sqlAsAdmin(`create role ${role} login`);
    await t.sqlAsAdmin(`grant ${role} to coachlight_admin with inherit true, set true`);
    await t.sqlAsAdmin(`create database ${t.app} owner ${role} ${options}`);
    t.entry = { adopt: true };
    return t.up;
  };

/** An entry that states this of the database. */
const wanting =
  (database: object): Row["arrange"] =>
  (t) => {
    t.entry = { database };
    return Promise.resolve(t.up);
  };

/** A role whose name means another one in the database. */
const abroad: Row["arrange"] = (t) => {
  const roles = { ro: { profile: "readonly", name: "Leserö" } };
  t.entry = { database: { encoding: "LATIN1", locale: "C" }, roles };
  return Promise.resolve(t.up);
};

const differing = (options: string, database: object): Row["arrange"] =>
  async function arrange(t) {
    const run = await byHand(options)(t);
    t.entry = { adopt: true, database };
    return run;
  };

const follow =
  (which: number): Repair =>
  (fix, t) =>
    t.follow(fix.split("; or")[which] ?? "");
const dropped = made((t) => t.sql(`drop database ${t.app}`));
const halfDropped = made((t) =>
  t.sql(`update pg_database set datconnlimit = -2 where datname = '${t.app}'`),
);

/** An app that leaves with its database. */
export const leaving = (then: (t: Trial) => Promise<unknown>): Row["arrange"] =>
  async function arrange(t) {
    t.entry = { reclaimPolicy: "delete" };
    await t.up();
    await then(t);
    return t.remove;
  };

/** The entry is put back, and taken out again. */
const retain: Repair = (fix, t) => {
  if (!fix.includes("put the entry back with reclaimPolicy: retain")) throw new Error(fix);
  const made = t.made;
  t.entry = { reclaimPolicy: "retain" };
  if (made !== undefined) t.made = { ...made, inputs: t.inputs };
};

export const databaseRows: readonly Row[] = [
  {
    code: "database-other-owner",
    when: "somebody took it away",
    arrange: made((t) => t.sql(`alter database ${t.app} owner to postgres`)),
    repair: follow(0),
  },
  {
    code: "database-other-owner",
    when: "the entry gets the role that owns it",
    arrange: async (t) => await byHand("", `${t.app}_former`)(t),
    repair: follow(0),
  },
  {
    code: "database-other-owner",
    when: "the entry gets another name",
    arrange: async (t) => {
      await t.sql(`create database ${t.app}`);
      return t.up;
    },
  },
  {
    code: "database-other-owner",
    when: "it may stay",
    arrange: leaving((t) => t.sql(`alter database ${t.app} owner to postgres`)),
    repair: retain,
  },
  {
    code: "database-not-ours",
    when: "it was made by hand",
    arrange: async (t) => {
      const run = await byHand()(t);
      t.entry = {};
      return run;
    },
  },
  {
    code: "database-not-ours",
    when: "it may stay",
    arrange: leaving((t) => t.sqlAsAdmin(`revoke berth_prod from ${t.app}`)),
    repair: retain,
  },
  {
    code: "database-reserved",
    when: "it may stay",
    arrange: leaving((t) => {
      t.postgres = { reserved: [t.app] };
      return Promise.resolve();
    }),
    repair: retain,
  },
  {
    code: "database-closed",
    when: "it was made by hand",
    arrange: byHand("allow_connections false"),
  },
  {
    code: "database-half-dropped",
    when: "it is restored",
    lines: [0, 1],
    arrange: halfDropped,
  },
  {
    code: "database-half-dropped",
    when: "an empty one will do",
    lines: [0, 2],
    arrange: halfDropped,
  },
  { code: "database-lost", when: "it is restored", arrange: dropped },
  { code: "database-lost", when: "an empty one will do", lines: [1], arrange: dropped },
  {
    code: "database-missing",
    when: "pulumi up makes it",
    arrange: (t) => {
      t.entry = { owner: { rotation: "two-logins" } };
      return Promise.resolve(() => decideRotation(t));
    },
    repair: async (_, t) => {
      const { verifiers, ...rest } = t.inputs;
      const { "owner-a": first } = verifiers as Record<string, never>;
      await t.bed.up({ ...rest, verifiers: { "owner-a": first as never } });
    },
  },
  {
    code: "encoding-differs",
    when: "the entry gets the encoding",
    arrange: byHand("template template0 encoding 'LATIN1' lc_collate 'C' lc_ctype 'C'"),
  },
  {
    code: "locale-differs",
    when: "the entry gets the locale",
    arrange: differing("template template0 lc_collate 'C'", { locale: "C.UTF-8" }),
  },
  {
    code: "locale-differs",
    when: "the entry gets the locale of ICU",
    arrange: differing("template template0 locale_provider icu icu_locale 'de-DE'", {
      icuLocale: "en-US",
    }),
  },
  {
    code: "locale-refused",
    when: "the entry gets one that the server has",
    arrange: wanting({ locale: "xx_XX.utf8" }),
    repair: async (fix, t) => {
      const [, query = ""] = /: (SELECT .*)/.exec(fix) ?? [];
      const found = (await t.sql(query)) as { collcollate: string }[];
      expect(found).toContainEqual({ collcollate: "C" });
      t.entry = { database: { locale: "C" } };
    },
  },
  {
    code: "locale-refused",
    when: "the encoding fits",
    arrange: wanting({ encoding: "LATIN1", locale: "C.UTF-8" }),
    repair: (_, t) => (t.entry = { database: { encoding: "LATIN1", locale: "C" } }),
  },
  {
    code: "name-unreadable",
    when: "the role has a name of ASCII letters",
    arrange: abroad,
    repair: (_, t) => (t.entry = { ...t.entry, roles: { ro: { profile: "readonly" } } }),
  },
  {
    code: "name-unreadable",
    when: "the database has one encoding with the maintenance database",
    arrange: abroad,
    repair: (_, t) => (t.entry = { ...t.entry, database: { encoding: "UTF8", locale: "C" } }),
  },
  {
    code: "template-refused",
    when: "it is marked as a template",
    arrange: async (t) => {
      await t.sql(`create database ${t.app}_base`);
      return await wanting({ template: `${t.app}_base` })(t);
    },
  },
  {
    code: "template-refused",
    when: "the entry gets its encoding",
    arrange: async (t) => {
      const options = "template template0 encoding 'LATIN1' locale 'C' is_template true";
      await t.sql(`create database ${t.app}_base ${options}`);
      return await wanting({ template: `${t.app}_base` })(t);
    },
  },
];

async function decideRotation({ bed, app, entry }: Trial): Promise<void> {
  const spec = makeSpec({ [app]: entry }, { systemIdentifier: bed.systemIdentifier });
  const [only] = spec.apps;
  if (only === undefined) throw new Error("no app");
  const plan = planDatabase(only, spec.postgres);
  const login = plan.roles.find(({ key }) => key === "owner-b");
  if (login === undefined) throw new Error("no login");
  const client = await bed.connect("postgres");
  try {
    const catalog = await inspectCatalog(client);
    const request = { postgres: spec.postgres, login, verifier: "" };
    const { problems } = decideLogin(plan, { catalog, sessions: [] }, request);
    if (problems.length > 0) throw toOneError("Postgres", problems);
  } finally {
    await client.end();
  }
}
