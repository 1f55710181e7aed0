import { z } from "zod";
import { cnpgKeys, parseTemplate } from "../keys/template.ts";
import { refuse } from "./primitives.ts";

/** Why a Secret has no key of this name (https://kubernetes.io/docs/concepts/configuration/secret/#restriction-names-data). */
export function keyNameProblem(name: string): string | undefined {
  if (name.length > 253) return "is longer than 253 characters";
  return /^[-._a-zA-Z0-9]+$/.test(name)
    ? undefined
    : "is not a key of a Secret; allowed are letters, digits, -, _ and .";
}

export const SecretKeyName = z.string().check(refuse(keyNameProblem));

const fixedKeys: Readonly<Record<string, string>> = {
  username: cnpgKeys.username,
  password: cnpgKeys.password,
};

function templateProblems(name: string, template: string): readonly string[] {
  const problem = keyNameProblem(name);
  if (problem !== undefined) return [problem];
  if (template === "") return ["is empty"];
  const fixed = fixedKeys[name];
  if (fixed !== undefined && template !== fixed) {
    return [`is the login's own key and always ${fixed}; name the key in another way`];
  }
  return parseTemplate(template).problems;
}

const Template = z.string().describe("What the key holds: text with placeholders.");

const KeyMap = z.record(z.string(), Template).check((ctx) => {
  for (const [name, template] of Object.entries(ctx.value)) {
    for (const message of templateProblems(name, template)) {
      const input = keyNameProblem(name) === undefined ? template : name;
      // `continue`: the other ways to write keys are not what was meant.
      ctx.issues.push({ code: "custom", message, input, path: [name], continue: true });
    }
  }
});

const cnpg = z.literal("cnpg");

/** Keys of a Secret with a login, in addition to `username` and `password`. */
export const Keys = z
  .union([cnpg, KeyMap, z.array(z.union([cnpg, KeyMap]))])
  .describe(
    "Keys of the Secret in addition to username and password: cnpg (the names that CloudNativePG gives: username, user, password, host, port, dbname, uri, jdbc-uri, pgpass), a map of names to templates, or a list of both. Placeholders: ${user}, ${password}, ${host}, ${port}, ${database}, ${database.NAME} for one of several, ${sslmode}, ${sslrootcert}, ${uri}, ${jdbc-uri}, ${pgpass}. Inside a URL they are percent-encoded.",
  );

export type Keys = z.infer<typeof Keys>;

/** The templates by name of their key; a later one of the same name counts. */
export function toTemplates(keys: Keys): Readonly<Record<string, string>> {
  const sets = Array.isArray(keys) ? keys : [keys];
  return Object.assign({}, ...sets.map((set) => (set === "cnpg" ? cnpgKeys : set))) as Record<
    string,
    string
  >;
}
