import { expect, it } from "vitest";
import { findProblems, makeApp, makeSpec, writeStack } from "../../fakes/stack.ts";

it("has what may be lost kept unless the stack file says otherwise", () => {
  const spec = makeSpec({ wiki: {} });
  expect(spec.postgres).toMatchObject({ confirmDelete: [], dumpDirectory: undefined });
  expect(makeApp({})).toMatchObject({ reclaimPolicy: "retain", database: { recreate: false } });
});

it("takes a confirmation for an app that says delete, and for one that has left", () => {
  const apps = { wiki: { reclaimPolicy: "delete" } };
  expect(findProblems(writeStack(apps, { confirmDelete: ["wiki", "gone"] }))).toEqual([]);
});

it("refuses a confirmation that an entry contradicts, and one of a neighbour", () => {
  const confirmDelete = ["wiki_db", "paperless", "postgres"];
  const apps = { wiki: { database: { name: "wiki_db" } } };
  expect(findProblems(writeStack(apps, { confirmDelete }))).toEqual([
    'berth:postgres.confirmDelete: "paperless" is reserved (berth:postgres.reserved); Berth never drops it, so remove the name',
    'berth:postgres.confirmDelete: "postgres" belongs to Postgres itself; Berth never drops it, so remove the name',
    'berth:postgres.confirmDelete: "wiki_db" is the database of app wiki, and berth:apps.wiki.reclaimPolicy is retain; remove the name, or set the policy to delete',
  ]);
});

it("refuses delete with the registry's resources", () => {
  const apps = { wiki: { reclaimPolicy: "delete", provisioner: "postgresql" } };
  expect(findProblems(writeStack(apps))).toEqual([
    expect.stringMatching(/berth:apps\.wiki\.reclaimPolicy: got "delete".*allows only retain/),
  ]);
});
