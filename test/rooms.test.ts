import { readdirSync } from "node:fs";
import path from "node:path";
import { describe, expect, it } from "vitest";
import { rooms } from "../.rooms.mjs";
import { projectFolder } from "../components/project-folder.ts";

/** The most files that a folder of the product holds: with more, a newcomer reads a list and not a room. */
const mostFiles = 15;

const folders = ["components", "provider", "policy", "cli", "dev", "toolchain"].flatMap((top) => [
  top,
  ...readdirSync(path.join(projectFolder, top), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map((entry) => path.relative(projectFolder, path.join(entry.parentPath, entry.name))),
]);

describe("the rooms", () => {
  it.each(folders)(`%s holds at most ${String(mostFiles)} files`, (folder) => {
    const entries = readdirSync(path.join(projectFolder, folder), { withFileTypes: true });
    const files = entries.filter((entry) => entry.isFile()).map(({ name }) => name);
    expect(files.length, files.join(", ")).toBeLessThanOrEqual(mostFiles);
  });

  it("name in the table only rooms above them, so that there is no circle", () => {
    const names = Object.keys(rooms);
    for (const [index, [room, named]] of Object.entries(rooms).entries()) {
      for (const one of named) {
        const meant = names.filter(
          (name) => name === one || (one.endsWith("/") && name.startsWith(one)),
        );
        expect(meant, `${room} names ${one}`).not.toEqual([]);
        const below = meant.filter((name) => names.indexOf(name) > index);
        expect(below, `${room} names rooms below it`).toEqual([]);
      }
    }
  });
});
