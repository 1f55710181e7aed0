import { existsSync, readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { parseDocument } from "yaml";
import { findOwnFolder } from "../../components/command-line.ts";
import { BerthError } from "../../components/errors.ts";
import { isMapping } from "../../components/mapping.ts";
import { createFile, replaceFile, withEolOf } from "../stack-file.ts";
import { readDocument } from "./stack-file.ts";

/**
 * Adds what a folder lacks of `template/` and returns the names. One with a `Pulumi.yaml` is a project already, so that
 * file comes last: after a run that was killed the next one goes on.
 */
export function addProjectFiles(folder: string): string[] {
  if (existsSync(path.join(folder, projectFile))) return [];
  const template = path.join(findOwnFolder(), "template");
  const missing = readdirSync(template, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => path.relative(template, path.join(entry.parentPath, entry.name)))
    .filter((file) => !existsSync(path.join(folder, file)));
  const read = (file: string): string => readFileSync(path.join(template, file), "utf8");
  for (const file of missing.filter((one) => one !== projectFile)) {
    createFile(path.join(folder, file), read(file));
  }
  const changed = makeModule(path.join(folder, "package.json")) ? ["package.json"] : [];
  createFile(path.join(folder, projectFile), toProjectFile(read(projectFile), folder));
  return [...missing, ...changed].toSorted();
}

const projectFile = "Pulumi.yaml";

/** Pulumi loads the program as an ES module only if `package.json` says so; one that npm made does not. */
function makeModule(file: string): boolean {
  const before = readFileSync(file, "utf8");
  const manifest = readManifest(file, before);
  if (manifest["type"] === "module") return false;
  const [, indent = "  "] = /^([ \t]+)"/m.exec(before) ?? [];
  const after = `${JSON.stringify({ ...manifest, type: "module" }, null, indent)}\n`;
  replaceFile(file, { before, after: withEolOf(before, after) });
  return true;
}

/** As npm reads it. The parser's error would quote the file. */
function readManifest(file: string, text: string): Readonly<Record<string, unknown>> {
  try {
    const manifest: unknown = JSON.parse(text.replace(/^\uFEFF/, ""));
    if (isMapping(manifest)) return manifest;
  } catch {
    // It is refused below.
  }
  throw new BerthError(`init: ${file} is not a JSON object`, {
    hint: "correct that, then run the same command again",
  });
}

/**
 * Says in `Pulumi.yaml` where Berth's provider is; false = it says so already. The template cannot: Pulumi refuses a
 * folder that is not there, and `pulumi new` comes before `npm install`.
 */
export function addProvider(folder: string): boolean {
  const file = path.join(folder, projectFile);
  const before = readFileSync(file, "utf8");
  const document = readDocument(file, before);
  const { plugins } = (document.toJS() ?? {}) as {
    readonly plugins?: { readonly providers?: readonly { readonly name?: string }[] };
  };
  if (plugins?.providers?.some(({ name }) => name === "berth") === true) return false;
  const provider = { name: "berth", path: "node_modules/berth/dist/provider" };
  const at = ["plugins", "providers"];
  if (document.hasIn(at)) document.addIn(at, document.createNode(provider));
  else document.setIn(at, document.createNode([provider]));
  replaceFile(file, { before, after: withEolOf(before, document.toString({ lineWidth: 0 })) });
  return true;
}

/** What `pulumi new` makes of the template's file. */
function toProjectFile(text: string, folder: string): string {
  const document = parseDocument(text);
  const name = path.basename(folder).replaceAll(/[^\w.-]+/g, "-");
  document.set("name", name);
  document.set("description", "One place per app on a shared Postgres");
  document.delete("template");
  return document.toString();
}
