import { describe, expect, test } from "vitest";
import { Trial } from "../../../cli/adopt/trial.ts";
import { noAccess } from "../../../components/postgres/catalog/access.ts";
import type { LivePublications } from "../../../components/postgres/catalog/publications.ts";
import { decideApp, listActions } from "../../../components/postgres/diff/decide-app.ts";
import { describeAction } from "../../../components/postgres/statements/actions.ts";
import { toStatement } from "../../../components/postgres/statements/sql.ts";
import { liveDatabase, liveRole, makeCatalog } from "../../fakes/catalog.ts";
import { findProblems, makeSpec, type Written, writeStack } from "../../fakes/stack.ts";
import { makeSituation, pinned } from "./callers.ts";

const ours = { memberOf: ["berth_prod"] };
const states = { owner: { replication: true } };

describe("REPLICATION", () => {
  const decideAbout = (entry: Written, canReplicate: boolean, server: object = {}) => {
    const role = liveRole("wiki", { ...ours, canReplicate, adminIsMember: true });
    const catalog = makeCatalog([role], [liveDatabase("wiki", "wiki")], server);
    const { plan, facts, context } = makeSituation({ entry, catalog });
    return decideApp(plan, facts, context);
  };
  const refusedFor = (entry: Written, server: object = {}) =>
    decideAbout(entry, true, server).problems.map(({ code }) => code);
  const decide = (entry: Written, canReplicate: boolean, server: object = {}) => {
    const decision = decideAbout(entry, canReplicate, server);
    return {
      problems: [...decision.problems, ...decision.superuser].map(({ code }) => code),
      statements: listActions(decision)
        .filter(({ kind }) => kind === "set-attributes")
        .map((action) => toStatement(action, () => "")),
    };
  };

  test("is right where it is stated, and given where it is missing", () => {
    expect(decide(states, true)).toEqual({ problems: [], statements: [] });
    expect(decide(states, false, { isSuperuser: true })).toEqual({
      problems: [],
      statements: ['ALTER ROLE "wiki" REPLICATION'],
    });
    expect(decide(states, false, { canReplicate: true }).statements).toHaveLength(1);
  });

  test("is left to a superuser where the admin may not give it", () => {
    const left = { problems: ["replication-needs-superuser"], statements: [] };
    expect(decide(states, false)).toEqual(left);
    expect(decide(states, false, { canReplicate: true, versionNumber: 150_006 })).toEqual(left);
  });

  test("is taken back where nobody states it", () => {
    expect(decide({}, true, { isSuperuser: true }).statements).toEqual([
      'ALTER ROLE "wiki" NOREPLICATION',
    ]);
  });

  test("that the admin may not take back stays, and everything else goes on", () => {
    const found = decide({ owner: { connectionLimit: 3 } }, true);
    expect(found).toEqual({ problems: ["role-above-admin"], statements: [] });
    expect(refusedFor({ owner: { connectionLimit: 3 } })).toEqual([]);
    expect(refusedFor({}, { versionNumber: 150_006 })).toEqual(["role-above-admin"]);
  });

  test("keeps an admin before 16 from changes, and from nothing else", () => {
    const old = { versionNumber: 150_006 };
    expect(decide(states, true, old).problems).toEqual([]);
    const changed = { owner: { replication: true, connectionLimit: 3 } };
    expect(decide(changed, true, old).problems).toEqual(["role-above-admin"]);
    expect(decide(changed, true, { ...old, isSuperuser: true }).problems).toEqual([]);
  });

  test("is of the logins that take turns, and not of their owner", () => {
    const entry = { owner: { rotation: "two-logins", replication: true } };
    const { plan } = makeSituation({ entry, catalog: makeCatalog() });
    expect(plan.roles.map(({ name, replication }) => [name, replication])).toEqual([
      ["wiki_role", undefined],
      ["wiki_a", true],
      ["wiki_b", true],
    ]);
  });

  test("of a role that nobody logs in as is refused", () => {
    const roles = { r: { profile: "readonly", login: "none", replication: true } };
    expect(findProblems(writeStack({ wiki: { roles } }))).toEqual([
      "berth:apps.wiki.roles.r.replication: has no effect with login: none, because the role does not log in; remove it",
    ]);
  });

  test("comes with an entry that adopts the role", () => {
    const role = liveRole("wiki", { canReplicate: true, ownedDatabases: ["wiki"] });
    const database = liveDatabase("wiki", "wiki");
    const inside = { access: noAccess, extensions: [], extras: [], objects: [] };
    const facts = {
      catalog: makeCatalog([role], [database]),
      insides: new Map([["wiki", inside]]),
      verifiers: undefined,
    };
    const stack = { spec: makeSpec({}, pinned), values: writeStack({}, pinned) };
    const trial = new Trial(stack, facts, [database], []);
    expect(trial.findReasons()).toEqual([]);
    expect(trial.propose().entry.owner).toEqual({ replication: true });
  });
});

describe("a publication", () => {
  const entry = { database: { publications: { cdc: ["page", "app.item"] } } };
  const page = { schema: "public", name: "page" };
  const item = { schema: "app", name: "item" };
  const decide = (publications: LivePublications) => {
    const catalog = makeCatalog([liveRole("wiki", ours)], [liveDatabase("wiki", "wiki")]);
    const { plan, facts, context } = makeSituation({
      ...{ entry, catalog },
      ...{ access: { publications }, unlisted: {} },
    });
    const decision = decideApp(plan, facts, context);
    return {
      done: listActions(decision)
        .map(describeAction)
        .filter((text) => text.startsWith("publication")),
      said: decision.unstated.map(({ what }) => what),
    };
  };
  const live = { name: "cdc", owner: "wiki", isForAll: false };

  test("has the tables that are there", () => {
    const { done, said } = decide({ live: [], tables: [page] });
    expect(done).toEqual(["publication cdc is created in database wiki"]);
    expect(said).toEqual([expect.stringContaining('names "app"."item", which database')]);
    expect(decide({ live: [{ ...live, tables: [page] }], tables: [page, item] }).done).toEqual([
      "publication cdc in database wiki gets app.item",
    ]);
    expect(decide({ live: [{ ...live, tables: [page] }], tables: [page] }).done).toEqual([]);
  });

  test("loses nothing that others added to it, which is shown", () => {
    const other = { schema: "public", name: "salaries" };
    const tables = [page, item];
    expect(decide({ live: [{ ...live, tables: [...tables, other] }], tables })).toEqual({
      done: [],
      said: [expect.stringContaining('has "public"."salaries", which the entry does not list')],
    });
  });

  test("is refused by the registry's provisioner", () => {
    expect(findProblems(writeStack({ wiki: { ...entry, provisioner: "postgresql" } }))).toEqual([
      "berth:apps.wiki.database.publications: provisioner postgresql makes none; set provisioner to berth",
    ]);
  });
});
