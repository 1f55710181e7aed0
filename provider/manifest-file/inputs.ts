import { z } from "zod";
import { hasSecret, type PropertyMap, toPlain, UnknownValue } from "../rpc/property-values.ts";
import type { CheckFailure } from "../rpc/resource-handler.ts";
import { findPathProblem } from "./path.ts";

const schema = z.object({
  directory: z.string(),
  path: z.string(),
  content: z.string(),
  owner: z.string(),
  adopt: z.boolean().catch(false),
});

/** The properties of a ManifestFile. Its outputs are the same. */
export type ManifestProperties = Readonly<z.infer<typeof schema>>;

/** The same in a preview, where a property may be unknown. */
export type PreviewProperties = {
  readonly [K in keyof ManifestProperties]: ManifestProperties[K] | undefined;
};

const NAMES: readonly string[] = Object.keys(schema.shape);

/**
 * Reads a program's inputs and lists all problems with them. `adopt` is false by default. No message has a
 * value, which could be a secret.
 */
export function parseInputs(inputs: PropertyMap): {
  readonly properties: PreviewProperties;
  readonly failures: readonly CheckFailure[];
} {
  const failures: CheckFailure[] = Object.keys(inputs)
    .filter((key) => !NAMES.includes(key))
    .map((key) => ({ property: key, reason: `unknown property; allowed are ${NAMES.join(", ")}` }));
  const report = (property: string, reason: string): void => {
    failures.push({ property, reason });
  };
  const readString = (name: string): string | undefined => {
    const value = inputs[name];
    if (typeof value === "string") return value;
    if (value === undefined || value === null) report(name, "is required");
    else if (hasSecret(value)) report(name, name === "content" ? SECRET : "must not be a secret");
    else if (!(value instanceof UnknownValue)) report(name, "must be a string");
    return undefined;
  };
  const readAdopt = (): boolean | undefined => {
    const value = inputs["adopt"] ?? false;
    if (typeof value === "boolean") return value;
    if (!(value instanceof UnknownValue)) report("adopt", "must be true or false");
    return undefined;
  };
  const properties: PreviewProperties = {
    directory: readString("directory"),
    path: readString("path"),
    content: readString("content"),
    owner: readString("owner"),
    adopt: readAdopt(),
  };
  if (properties.directory === "") report("directory", "must not be empty");
  const pathProblem = properties.path === undefined ? undefined : findPathProblem(properties.path);
  if (pathProblem !== undefined) report("path", pathProblem);
  const { owner } = properties;
  if (owner !== undefined && !/^[^\p{Cc}]{1,200}$/u.test(owner)) {
    report("owner", "must be one line of 1 to 200 characters");
  }
  return { properties, failures };
}

const SECRET =
  "manifest must not contain secret values; refer to a Kubernetes Secret by its name instead";

/**
 * The properties in state or in checked inputs; undefined = some are absent, as in an import, or unknown.
 */
export function toProperties(map: PropertyMap): ManifestProperties | undefined {
  return schema.safeParse(toPlain(map)).data;
}
