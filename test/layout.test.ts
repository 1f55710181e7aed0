import { globSync, readFileSync } from "node:fs";
import path from "node:path";
import { execa } from "execa";
import { expect, it } from "vitest";
import { projectFolder } from "../components/project-folder.ts";

/** A test file's name says what it needs: vitest.config.ts puts it into a project by nothing else. */

const startsServer =
  /\b(DatabaseBed\.open|RotationBed\.open|openVerifyBed|startTestServer|useLoginServer|useBed|useStacks|startServer|preparePostgres)\(/;
const files = globSync("test/**/*.test.ts", { cwd: projectFolder }).filter(
  (file) => !/^test\/(engine|cluster)\//.test(file),
);
const named = (file: string): boolean => /\.postgres\.(full\.|rows\.)?test\.ts$/.test(file);

it("files that start a Postgres server are named x.postgres.test.ts", () => {
  const starting = files.filter((file) =>
    startsServer.test(readFileSync(path.join(projectFolder, file), "utf8")),
  );
  expect(starting.length).toBeGreaterThan(20);
  expect(starting.filter((file) => !named(file))).toEqual([]);
});

it("npm test leaves out every file of the full run, in each project", async () => {
  const args = ["list", "--filesOnly", "--json", "--exclude", "**/*.full.test.ts"];
  const { stdout } = await execa("vitest", args, { cwd: projectFolder, preferLocal: true });
  const found = JSON.parse(stdout) as readonly { readonly file: string }[];
  expect(found.length).toBeGreaterThan(200);
  expect(found.filter(({ file }) => file.includes(".full."))).toEqual([]);
});

it("docs/architecture.md says of each room what it is for", () => {
  const text = readFileSync(path.join(projectFolder, "docs/architecture.md"), "utf8");
  const rooms = globSync(["components/*/", "components/delivery/*/", "provider/*/"], {
    cwd: projectFolder,
  });
  expect(rooms.length).toBeGreaterThan(15);
  expect(rooms.filter((room) => !text.includes(`](../${room})`))).toEqual([]);
});

it("SQL is ASCII, since a database in LATIN1 refuses a statement with any other character in a comment", () => {
  const files = globSync("**/*.sql", { cwd: projectFolder, exclude: ["node_modules", ".berth"] });
  expect(files.length).toBeGreaterThan(10);
  expect(
    files.filter((file) =>
      /[^\x00-\x7F]/.test(readFileSync(path.join(projectFolder, file), "utf8")),
    ),
  ).toEqual([]);
});
