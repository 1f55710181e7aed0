import {
  hasSecret,
  type PropertyMap,
  type PropertyValue,
  SecretValue,
  UnknownValue,
} from "../rpc/property-values.ts";
import type { CheckFailure } from "../rpc/resource-handler.ts";
import { findPathProblem } from "./path.ts";

/** The properties of a ManifestFile. Its outputs are the same. */
export interface ManifestProperties {
  readonly directory: string;
  readonly path: string;
  readonly content: string;
  readonly owner: string;
  readonly adopt: boolean;
}

/** The same in a preview, where a property may be unknown. */
export type PreviewProperties = {
  readonly [K in keyof ManifestProperties]: ManifestProperties[K] | undefined;
};

const NAMES: readonly string[] = ["directory", "path", "content", "owner", "adopt"];

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
    else if (hasSecret(value)) report(name, toSecretReason(name));
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

function toSecretReason(name: string): string {
  return name === "content"
    ? "manifest must not contain secret values; refer to a Kubernetes Secret by its name instead"
    : "must not be a secret";
}

/**
 * The properties in state or in checked inputs; undefined = some are absent, as in an import, or unknown.
 */
export function toProperties(map: PropertyMap): ManifestProperties | undefined {
  const directory = readPlain(map["directory"]);
  const path = readPlain(map["path"]);
  const content = readPlain(map["content"]);
  const owner = readPlain(map["owner"]);
  if (directory === undefined || path === undefined) return undefined;
  if (content === undefined || owner === undefined) return undefined;
  return { directory, path, content, owner, adopt: map["adopt"] === true };
}

function readPlain(value: PropertyValue | undefined): string | undefined {
  if (value instanceof SecretValue) return readPlain(value.value);
  return typeof value === "string" ? value : undefined;
}

/** The properties as the server sends them. */
export function toPropertyMap(properties: ManifestProperties): PropertyMap {
  return { ...properties };
}
