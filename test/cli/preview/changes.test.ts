import { describe, expect, it } from "vitest";
import { toStackPreview } from "../../../cli/preview/changes.ts";
import { type Digest, parseDigest } from "../../../cli/preview/digest.ts";
import { summarize } from "../../../cli/preview/text.ts";
import { database, file, says, shows, step } from "./digest.ts";

const apps = ["shop", "wiki"];
const previewOf = (digest: Partial<Digest>, names = apps) =>
  toStackPreview("prod", names, { steps: [], diagnostics: [], ...digest });

const create = { words: "database wiki is created", sql: 'CREATE DATABASE "wiki"' };
const drop = { words: "role old is dropped", sql: 'DROP ROLE "old"', risk: "drop" } as const;

describe("what a run would do", () => {
  it("is nothing where only the stack and unchanged resources are listed", () => {
    const found = previewOf({
      steps: [step("same", "pulumi:pulumi:Stack", "berth-prod"), database("same", "wiki")],
    });
    expect(found).toMatchObject({ unchanged: true, apps: [], unchangedApps: apps, risks: [] });
  });

  it("is listed by app in one order, whatever order Pulumi has", () => {
    const steps = [
      file("create", "wiki", "b.yml"),
      database("update", "shop", { detailedDiff: { "roles.b": {}, "roles.a": {} } }),
      file("create", "wiki", "a.yml"),
      database("create", "wiki"),
    ];
    const diagnostics = [shows("wiki", create), shows("shop", drop)];
    const found = previewOf({ steps, diagnostics });
    expect(previewOf({ steps: steps.toReversed(), diagnostics: diagnostics.toReversed() })).toEqual(
      found,
    );
    expect(found.apps).toMatchObject([
      { app: "shop", change: "changes", properties: ["roles.a", "roles.b"], statements: [drop] },
      {
        app: "wiki",
        change: "new",
        statements: [create],
        things: [
          { kind: "file", name: "a.yml", change: "create" },
          { kind: "file", name: "b.yml", change: "create" },
        ],
      },
    ]);
    expect(found.unchangedApps).toEqual([]);
  });

  it("counts a further database to its app, and as dropped only where the app leaves", () => {
    const kept = { oldState: { type: "", inputs: { reclaimPolicy: "delete" } } };
    const log = database("delete", "wiki/wiki_log", kept);
    const less = previewOf({ steps: [log, database("update", "wiki")] });
    expect(less.apps).toMatchObject([{ app: "wiki", change: "changes" }]);
    expect(less.risks).toEqual([]);
    const { risks } = previewOf({ steps: [log, database("delete", "wiki", kept)] }, ["shop"]);
    expect(risks).toEqual([
      { risk: "drop", app: "wiki", what: "database wiki/wiki_log is dropped" },
      { risk: "drop", app: "wiki", what: "database and roles of wiki are dropped" },
    ]);
    const more = previewOf({ steps: [database("create", "wiki/wiki_log")] });
    expect(more.apps).toMatchObject([{ app: "wiki" }]);
    expect(more.unchangedApps).toEqual(["shop"]);
  });

  it("says of an app that leaves what stays, also if nobody has said so", () => {
    const stays = "its database, rows and logins stay on the server (reclaimPolicy: retain)";
    const [old] = previewOf({ steps: [database("delete", "old")] }).apps;
    expect(old).toMatchObject({ app: "old", change: "leaves", notes: [stays] });
    const said =
      'app old leaves the stack: database "old", its rows and login old stay on the server';
    const [other] = previewOf({
      steps: [database("delete", "old")],
      diagnostics: [says(undefined, said, "info")],
    }).apps;
    expect(other?.notes).toEqual([said]);
  });

  it("keeps what an app says to the app, and what several say to the stack", () => {
    const found = previewOf({
      steps: [database("update", "wiki"), database("update", "shop")],
      diagnostics: [
        says("wiki", "app wiki: something"),
        says("wiki", "the same for all"),
        says("shop", "the same for all"),
        says(
          undefined,
          "stack: 1 statement\n  -- ownership role berth_prod is created\n  CREATE ROLE x;",
          "info",
        ),
      ],
    });
    expect(found.apps.map(({ notes }) => notes)).toEqual([[], ["app wiki: something"]]);
    expect(found.shared.notes).toEqual(["the same for all"]);
    expect(found.shared.statements).toEqual([
      { words: "ownership role berth_prod is created", sql: "CREATE ROLE x" },
    ]);
  });

  it("shows what others would change beside an app that is refused", () => {
    const found = previewOf({
      steps: [database("update", "wiki"), database("create", "shop")],
      diagnostics: [
        says("shop", "Postgres: 1 problem\n  - app shop: role exists", "error"),
        says(undefined, "preview failed", "error"),
      ],
    });
    expect(found.apps).toMatchObject([
      {
        app: "shop",
        change: "refused",
        errors: ["Postgres: 1 problem\n  - app shop: role exists"],
      },
      { app: "wiki", change: "changes" },
    ]);
    expect(found.shared.errors).toEqual([]);
  });

  it("names every app that a failed run did not come to", () => {
    const refusal = says("wiki", "app wiki: cannot connect", "error");
    const steps = [database("same", "shop"), file("refresh", "zoo", "zoo.yml")];
    const digest = { steps, diagnostics: [refusal] };
    const found = toStackPreview("prod", ["zoo", "wiki", "shop"], digest, true);
    expect(found).toMatchObject({
      unchanged: false,
      unchangedApps: ["shop"],
      notComparedApps: ["zoo"],
      apps: [{ app: "wiki", change: "refused" }],
    });
    expect(summarize(found)).toBe("apps: 1 refused, 1 unchanged, 1 not compared");
    const stopped = toStackPreview("prod", apps, { steps: [], diagnostics: [] }, true);
    expect(stopped).toMatchObject({ unchanged: false, notComparedApps: apps });
  });

  it("does not lose a note about an app that does not change", () => {
    const found = previewOf({ diagnostics: [says("wiki", "app wiki: look at this")] });
    expect(found).toMatchObject({ unchanged: true, shared: { notes: ["app wiki: look at this"] } });
  });

  it("is not unchanged if only the shared files change", () => {
    const found = previewOf({ steps: [file("update", "shared", "store.yml")] });
    expect(found).toMatchObject({ unchanged: false, apps: [], unchangedApps: apps });
    expect(found.shared.things).toMatchObject([{ name: "store.yml", change: "update" }]);
  });

  it("counts a replacement once", () => {
    const steps = ["create-replacement", "replace", "delete-replaced"].map((op) =>
      file(op, "wiki", "a.yml"),
    );
    expect(previewOf({ steps }).apps[0]?.things).toEqual([
      { kind: "file", name: "a.yml", change: "replace" },
    ]);
  });
});

describe("risks", () => {
  const stock = (type: string) => `berth:postgres:StockDatabase$postgresql:index/${type}`;
  const ofWiki = (op: string, type: string, more = {}) => {
    const state = {
      type: `postgresql:index/${type}`,
      inputs: {},
      ...more,
      parent: "urn:pulumi:prod::berth::berth:postgres:StockDatabase::wiki",
    };
    return step(op, stock(type), "wiki-x", { oldState: state, newState: state, ...more });
  };
  it.each([
    ["a statement that drops", [database("update", "wiki")], [shows("wiki", drop)], ["drop"]],
    [
      "an app that leaves with its database",
      [database("delete", "old", { oldState: { type: "x", inputs: { reclaimPolicy: "delete" } } })],
      [],
      ["drop"],
    ],
    ["an app that leaves without it", [database("delete", "old")], [], []],
    [
      "what somebody else made",
      [database("create", "wiki")],
      [says("wiki", 'adopting: role "wiki"')],
      ["reown"],
    ],
    ["a new grant of @pulumi/postgresql", [ofWiki("create", "grant:Grant")], [], ["access"]],
    ["a grant that goes", [ofWiki("delete", "grant:Grant")], [], []],
    [
      "a grant of a new app",
      [ofWiki("create", "grant:Grant"), step("create", "berth:postgres:StockDatabase", "wiki")],
      [],
      [],
    ],
    ["a role of it that is dropped", [ofWiki("delete", "role:Role")], [], ["drop"]],
    ["one that stays", [ofWiki("delete", "role:Role", { retainOnDelete: true })], [], []],
    [
      "a new owner",
      [ofWiki("update", "database:Database", { diffReasons: ["owner"] })],
      [],
      ["reown"],
    ],
  ])("of %s", (_, steps, diagnostics, wanted) => {
    expect(previewOf({ steps, diagnostics }).risks.map(({ risk }) => risk)).toEqual(wanted);
  });
});

describe("parseDigest", () => {
  it("takes what Pulumi prints, with or without steps", () => {
    expect(parseDigest('{"duration":1,"changeSummary":{}}')).toEqual({
      steps: [],
      diagnostics: [],
    });
    expect(parseDigest('{"steps":null,"diagnostics":[{"message":"x"}]}')?.diagnostics).toEqual([
      { message: "x", severity: "info" },
    ]);
  });

  it.each(["", "error: no stack named", "[]", '{"steps":1}'])("refuses %j", (text) => {
    expect(parseDigest(text)).toBeUndefined();
  });
});
