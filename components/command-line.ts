import { createRequire } from "node:module";
import path from "node:path";

/** Whether this is the built package, which a project has in its `node_modules`, and not Berth's repository. */
export const isPackage = import.meta.filename.endsWith(".js");

export const exampleFile = isPackage ? "node_modules/berth/Pulumi.prod.yaml" : "Pulumi.prod.yaml";

/** How to run a verb here: `npx berth verify --stack prod`, or `npm run verify -- --stack prod` in the repository. */
export function commandLine(verb: string, args = ""): string {
  const [command, separator] = isPackage ? ["npx berth", ""] : ["npm run", "-- "];
  return args === "" ? `${command} ${verb}` : `${command} ${verb} ${separator}${args}`;
}

/** How to run Pulumi for a stack. In the repository stack `dev` is that of `npm start`, with a Pulumi of its own. */
export function pulumiLine(command: string, stack: string): string {
  return stack === "dev" && !isPackage
    ? `npm run pulumi -- ${command}`
    : `pulumi ${command} --stack ${stack}`;
}

/** The folder of Berth's own package.json. */
export function findOwnFolder(): string {
  return path.dirname(createRequire(import.meta.url).resolve("berth/package.json"));
}

/** A word for a shell command, quoted if needed. */
export function toShellWord(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}
