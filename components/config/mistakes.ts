import type { z } from "zod";
import { didYouMean } from "../closest.ts";
import { type Problem, problemAt } from "../errors.ts";
import { allowedKeys } from "./schema/keys.ts";

/** What the schema finds wrong in a stack file, in words. */

/** Keys that had another name in an earlier version. */
const renamedKeys: Readonly<Record<string, string>> = { markerRole: "ownershipRole" };

/** `berth:apps.netbox.database.name`: a key path as it stands in the stack file. */
export function formatKeyPath(path: readonly PropertyKey[]): string {
  return path.length === 0 ? "config" : `berth:${path.map(String).join(".")}`;
}

export function describeIssue(issue: z.core.$ZodIssue): Problem[] {
  const at = formatKeyPath(issue.path);
  switch (issue.code) {
    case "unrecognized_keys":
      return issue.keys.map((key) => {
        const prefix = issue.path.length === 0 ? "berth:" : "";
        const renamed = renamedKeys[key];
        if (renamed !== undefined)
          return problemAt(at, `"${key}" is called "${renamed}" now; rename the key`);
        const allowed = allowedKeys(issue.path).map((name) => `${prefix}${name}`);
        const closest = didYouMean(`${prefix}${key}`, allowed);
        return {
          ...problemAt(
            at,
            `unknown key "${prefix}${key}"${closest || ";"} allowed are ${allowed.join(", ")}`,
          ),
          at: formatKeyPath([...issue.path, key]),
        };
      });
    case "invalid_key": {
      const [inner] = issue.issues;
      return [
        problemAt(at, `the name ${show(issue.path.at(-1))} ${inner?.message ?? "is not allowed"}`),
      ];
    }
    case "invalid_union":
      return describeUnion(issue, at);
    case "invalid_type":
      return [
        {
          ...problemAt(
            at,
            `${issue.input === undefined ? "missing" : `got ${showWrongType(issue.input)}`}; expected ${expectedType(issue)}`,
          ),
          ...typeFix(issue),
        },
      ];
    case "invalid_value":
      return [
        problemAt(
          at,
          `got ${show(issue.input)}${didYouMean(String(issue.input), issue.values.map(String)) || ";"} allowed are ${issue.values.map(String).join(", ")}`,
        ),
      ];
    case "custom":
    case "invalid_format":
    case "too_big":
    case "too_small":
    case "not_multiple_of":
    case "invalid_element":
      return [problemAt(at, `${show(issue.input)} ${issue.message}`)];
  }
}

/** The issues of the one form that the value has, if only one fits its type; otherwise why no form fits. */
function describeUnion(issue: z.core.$ZodIssueInvalidUnion, at: string): Problem[] {
  const [form, ...others] = issue.errors.filter((errors) =>
    errors.every(({ path, code }) => path.length > 0 || !typeCodes.has(code)),
  );
  if (form === undefined || others.length > 0) {
    return [problemAt(at, `got ${show(issue.input)}; ${unionMessage(issue)}`)];
  }
  return form.flatMap((one) => describeIssue({ ...one, path: [...issue.path, ...one.path] }));
}

/** The value is of another type. */
const typeCodes: ReadonlySet<string> = new Set(["invalid_type", "invalid_value"]);

function unionMessage(issue: z.core.$ZodIssueInvalidUnion): string {
  const reasons = issue.errors.map((errors) =>
    errors
      .map((e) =>
        [
          ...(e.path.length > 0 ? [e.path.join(".")] : []),
          e.message.replace(/^Invalid input: /, ""),
        ].join(": "),
      )
      .join(", "),
  );
  return reasons.length > 0 ? reasons.join(", or: ") : issue.message;
}

/** Zod's "record" is an object in the words of JSON Schema. */
function expectedType({ expected }: z.core.$ZodIssueInvalidType): string {
  return expected === "record" ? "object" : expected;
}

/** JavaScript rounds a number this long, so its digits are not those of the file. */
function showWrongType(value: unknown): string {
  const isRounded = typeof value === "number" && Math.abs(value) > Number.MAX_SAFE_INTEGER;
  return isRounded ? "a number with too many digits" : show(value);
}

/** What to add for a section that every stack file has. */
const examples: Readonly<Record<string, string>> = {
  postgres:
    "berth:postgres: { endpoint: { kubernetes: { namespace: db-postgres, service: postgres } } }",
  onepassword: "berth:onepassword: { vault: ‹vault› }",
  apps: "berth:apps: { wiki: {} }",
};

function typeFix({ path, expected, input }: z.core.$ZodIssueInvalidType): Pick<Problem, "fix"> {
  const [section = "", , key, role = ""] = path.map(String);
  if (input === undefined) {
    const example = path.length === 1 ? examples[section] : undefined;
    return example === undefined ? {} : { fix: `add ${example}` };
  }
  if (expected === "string" && typeof input === "number") return { fix: "put it in quotes" };
  // The profile alone, in place of the role.
  const isRole = section === "apps" && key === "roles" && path.length === 4;
  return isRole && typeof input === "string" ? { fix: `write ${role}: { profile: ${input} }` } : {};
}

function show(value: unknown): string {
  const text = value === undefined ? "nothing" : JSON.stringify(value);
  return text.length > 80 ? `${text.slice(0, 77)}...` : text;
}
