import { globSync, readFileSync } from "node:fs";
import path from "node:path";
import { parse } from "yaml";
import { projectFolder } from "../../components/project-folder.ts";

/** Examples of keys, from the stack files and entries in the repository, all of which a test tries. */

const read = (file: string): string => readFileSync(path.join(projectFolder, file), "utf8");

/** The `config` of each. */
function listConfigs(): readonly unknown[] {
  const files = [
    "Pulumi.prod.yaml",
    ...globSync("examples/*.yaml", { cwd: projectFolder }).toSorted(),
  ];
  const whole = files.map((file) => (parse(read(file)) as { config: unknown }).config);
  const pages = globSync("docs/**/*.md", { cwd: projectFolder }).toSorted();
  const blocks = pages
    .flatMap((page) => [...read(page).matchAll(/```yaml\n(berth:[\s\S]*?)```/g)])
    .map(([, block = ""]) => parse(block) as unknown);
  return [...whole, ...blocks];
}

/** The first value that a key has somewhere, if it is short. In a path `<app>` is any name, and `[]` any item. */
export function toFindExample(): (path: string) => string | undefined {
  const configs = listConfigs();
  return (key) => {
    const steps = key.replaceAll("[]", ".[]").split(".");
    const found = configs.flatMap((config) => findValues(config, steps)).map(show);
    return found.find((text) => text !== undefined && text.length <= 60);
  };
}

function findValues(value: unknown, [step, ...rest]: readonly string[]): readonly unknown[] {
  if (step === undefined) return [value];
  if (typeof value !== "object" || value === null) return [];
  if (Array.isArray(value) !== (step === "[]")) return [];
  const isAny = step === "[]" || step.startsWith("<");
  const inner = isAny ? Object.values(value) : [(value as Readonly<Record<string, unknown>>)[step]];
  return inner.flatMap((one) => findValues(one, rest));
}

/** As YAML in one line; undefined = it is empty. */
function show(value: unknown): string | undefined {
  if (Array.isArray(value)) {
    const items = value.map(show);
    return items.length === 0 || items.includes(undefined) ? undefined : `[${items.join(", ")}]`;
  }
  if (typeof value === "string") return value;
  if (typeof value === "object" && value !== null) {
    const items = Object.entries(value).map(([name, one]) => `${name}: ${show(one) ?? "{}"}`);
    return items.length === 0 ? undefined : `{ ${items.join(", ")} }`;
  }
  return typeof value === "number" || typeof value === "boolean" ? String(value) : undefined;
}
