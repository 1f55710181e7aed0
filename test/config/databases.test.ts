import { expect, test } from "vitest";
import { eachDatabase } from "../../components/config/databases.ts";
import { renderKey } from "../../components/config/keys/render.ts";
import { toPlaceholders } from "../../components/config/values/placeholders.ts";
import { findEntryProblems, findProblems, makeSpec, writeStack } from "../fakes/stack.ts";

/** An app with several databases of one owner. */

const names = ["radarr_main", "radarr_log"];

function radarr(entry: object = {}) {
  const spec = makeSpec({ radarr: { database: { names }, ...entry } });
  const [app] = spec.apps;
  if (app === undefined) throw new Error("the stack has no app");
  return { spec, app };
}

test("the first is what one database is, and each has all else of the entry", () => {
  const { app } = radarr({ database: { names, schemas: ["billing"] } });
  expect(app.database).toMatchObject({ name: "radarr_main", names });
  expect(eachDatabase(app)).toEqual([
    app,
    { ...app, database: { ...app.database, name: "radarr_log" } },
  ]);
});

test("an app has one database where its entry says nothing else", () => {
  const [app] = makeSpec({ wiki: null }).apps;
  expect(app?.database).toMatchObject({ name: "wiki", names: ["wiki"] });
});

test.each<[string, unknown, string]>([
  [
    "a name beside names",
    { database: { name: "a", names } },
    '….database: {"name":"a","names":["radarr_main","radarr_log"]} has name and names; take out name, and list it in names',
  ],
  [
    "no name",
    { database: { names: [] } },
    "….database.names: [] is empty; name at least one database",
  ],
  [
    "a name twice",
    { database: { names: ["a", "a"] } },
    '….database.names: "a" is listed twice; remove one',
  ],
  [
    "a reserved name",
    { database: { names: ["a", "paperless"] } },
    '….database.names: "paperless" is reserved (berth:postgres.reserved); rename the app or set this key',
  ],
  [
    "the registry's provisioner",
    { database: { names }, provisioner: "postgresql" },
    "….database.names: got 2 names; provisioner postgresql makes one database for an app; set berth:apps.netbox.provisioner to berth, or name one",
  ],
  [
    "a key with another app's database",
    { owner: { keys: { LOG_DB: "${database.radarr_log}" } } },
    "….owner.keys.LOG_DB: unknown placeholder ${database.radarr_log}; allowed are ${database}, ${database.netbox}; write $${database.radarr_log} for the text itself",
  ],
])("%s is refused", (_, entry, problem) => {
  expect(findEntryProblems(entry)).toEqual([problem]);
});

test("two apps cannot have one database, whichever of its names it is", () => {
  const apps = { radarr: { database: { names } }, logs: { database: { name: "radarr_log" } } };
  expect(findProblems(writeStack(apps))).toEqual([
    'berth:apps.logs.database.name and berth:apps.radarr.database.names: the database "radarr_log" is used 2 times; each needs a name of its own',
  ]);
});

test("a database that an entry with retain lists cannot be confirmed for a drop", () => {
  const stack = writeStack({ radarr: { database: { names } } }, { confirmDelete: ["radarr_log"] });
  expect(findProblems(stack)).toEqual([
    expect.stringContaining('"radarr_log" is the database of app radarr'),
  ]);
});

test("a key can name each, encoded as its place needs it", () => {
  const database = { names: ["radarr main", "radarr log"] };
  const keys = {
    LOG_DB: "${database.radarr log}",
    URL: "x://${host}/${database.radarr log}",
    MAIN: "${database}",
  };
  const { app } = radarr({ database, owner: { keys } });
  const login = { username: "", password: "" };
  expect(app.roles[0].keys.map((key) => [key.name, renderKey(key, login)])).toEqual([
    ["LOG_DB", "radarr log"],
    ["MAIN", "radarr main"],
    ["URL", "x://postgres-postgresql.db-postgres.svc.cluster.local/radarr%20log"],
  ]);
});

test("a value can name each, and no other", () => {
  const { spec, app } = radarr();
  const resolve = toPlaceholders(spec, app, () => undefined);
  expect(resolve("database.radarr_log")).toEqual({ value: "radarr_log" });
  expect(resolve("database")).toEqual({ value: "radarr_main" });
  expect(resolve("database.sonarr")).toEqual({
    problem: expect.stringContaining("${database.radarr_main}, ${database.radarr_log}") as string,
  });
});
