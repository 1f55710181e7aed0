import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { describe, expect, it } from "vitest";
import { addProjectFiles, addProvider } from "../../../cli/init/project-files.ts";
import { useFolder } from "../../fakes/folder.ts";

const home = useFolder("init-files");

describe("the files that init adds or changes beside the stack file", () => {
  it("are added by the next run, too, where a run was killed in between", () => {
    const folder = mkdtempSync(path.join(home, "killed-"));
    // A folder in the place of the last file but one.
    mkdirSync(path.join(folder, "package.json"));
    expect(() => addProjectFiles(folder)).toThrow();
    expect(readdirSync(folder)).toContain("index.js");
    expect(readdirSync(folder)).not.toContain("Pulumi.yaml");
    rmSync(path.join(folder, "package.json"), { recursive: true });
    expect(addProjectFiles(folder)).toEqual(["Pulumi.yaml", "package.json"]);
  });

  it("keep the indent and line breaks of a package.json, and refuse one that is no JSON object", () => {
    const folder = mkdtempSync(path.join(home, "manifest-"));
    const file = path.join(folder, "package.json");
    writeFileSync(file, '{ "canary": ');
    const add = () => addProjectFiles(folder);
    expect(add).toThrow(/package\.json is not a JSON object\n {2}fix: correct that/);
    expect(add).not.toThrow("canary");
    writeFileSync(file, '\uFEFF{\r\n\t"name": "mine"\r\n}\r\n');
    add();
    expect(readFileSync(file, "utf8")).toBe(
      '{\r\n\t"name": "mine",\r\n\t"type": "module"\r\n}\r\n',
    );
  });

  it("leave long lines of a Pulumi.yaml whole, and take an empty one", () => {
    const project = mkdtempSync(path.join(home, "project-"));
    const file = path.join(project, "Pulumi.yaml");
    const line = `description: ${"long words ".repeat(20).trim()}`;
    writeFileSync(file, `name: databases\r\n${line}\r\n`);
    addProvider(project);
    expect(readFileSync(file, "utf8")).toContain(`databases\r\n${line}\r\n`);
    writeFileSync(file, "");
    expect(addProvider(project)).toBe(true);
  });
});
