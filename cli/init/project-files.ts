import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { parseDocument } from "yaml";
import { findOwnFolder } from "../../components/command-line.ts";
import { replaceFile } from "../stack-file.ts";

/**
 * Adds the files of `template/` that a folder does not have, as `pulumi new` does, and returns their names. A folder
 * with a `Pulumi.yaml` is a project already, and gets none.
 */
export function addProjectFiles(folder: string): string[] {
  if (existsSync(path.join(folder, "Pulumi.yaml"))) return [];
  const template = path.join(findOwnFolder(), "template");
  const missing = readdirSync(template, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => path.relative(template, path.join(entry.parentPath, entry.name)))
    .filter((file) => !existsSync(path.join(folder, file)));
  for (const file of missing) {
    const text = readFileSync(path.join(template, file), "utf8");
    const target = path.join(folder, file);
    mkdirSync(path.dirname(target), { recursive: true });
    writeFileSync(target, file === "Pulumi.yaml" ? toProjectFile(text, folder) : text);
  }
  const changed = makeModule(path.join(folder, "package.json")) ? ["package.json"] : [];
  return [...missing, ...changed].toSorted();
}

/** Pulumi loads the program as an ES module only if `package.json` says so; one that npm made does not. */
function makeModule(file: string): boolean {
  const before = readFileSync(file, "utf8");
  const manifest = JSON.parse(before) as { readonly type?: string };
  if (manifest.type === "module") return false;
  const after = `${JSON.stringify({ ...manifest, type: "module" }, null, 2)}\n`;
  replaceFile(file, { before, after }, () => undefined);
  return true;
}

/**
 * Says in `Pulumi.yaml` where Berth's provider is. The template cannot: Pulumi refuses a folder that is not there, and
 * `pulumi new` comes before `npm install`.
 *
 * @returns Whether it was missing.
 */
export function addProvider(folder: string): boolean {
  const file = path.join(folder, "Pulumi.yaml");
  const before = readFileSync(file, "utf8");
  const document = parseDocument(before);
  const { plugins } = document.toJS() as {
    readonly plugins?: { readonly providers?: readonly { readonly name?: string }[] };
  };
  if (plugins?.providers?.some(({ name }) => name === "berth") === true) return false;
  const provider = { name: "berth", path: "node_modules/berth/dist/provider" };
  const at = ["plugins", "providers"];
  if (document.hasIn(at)) document.addIn(at, document.createNode(provider));
  else document.setIn(at, document.createNode([provider]));
  replaceFile(file, { before, after: document.toString() }, () => undefined);
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
