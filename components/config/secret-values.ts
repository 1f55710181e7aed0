import { problemAt, toOneError } from "../errors.ts";

/**
 * Values that `pulumi config set --secret` wrote. What a stack file says goes into manifests and state in clear,
 * so none may be secret. The file keeps each as `{ secure: … }`, and Pulumi takes nothing else for one.
 */
export function findSecretPaths(value: unknown, path: string): string[] {
  if (typeof value !== "object" || value === null) return [];
  const entries = Object.entries(value);
  if (Array.isArray(value)) {
    return entries.flatMap(([index, inner]) => findSecretPaths(inner, `${path}[${index}]`));
  }
  const [first] = entries;
  if (entries.length === 1 && first?.[0] === "secure" && typeof first[1] === "string") {
    return [path];
  }
  return entries.flatMap(([key, inner]) => findSecretPaths(inner, `${path}${toStep(key)}`));
}

/** `https://user:password@…`; a placeholder is no password. */
const withPassword = /^[a-z][a-z0-9+.-]*:\/\/[^/@\s]*:(?!\$)[^/@\s]+@/i;

/** A user name as long as a token, which forges take in its place. That of SSH may be as long, and is no secret. */
const withToken = /^https?:\/\/(?!\$)[^/@\s:]{20,}:?@/i;

/** Where text of any form may stand: a chart's values, and templates of keys. */
const freeText: ReadonlySet<string> = new Set(["values", "keys"]);

/** Keys whose value is a URL with a password or a token in it, which would go into manifests and state in clear. */
export function findUrlPasswords(value: unknown, path: readonly string[] = []): string[][] {
  if (typeof value === "string") {
    return withPassword.test(value) || withToken.test(value) ? [[...path]] : [];
  }
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([key, inner]) =>
    freeText.has(key) ? [] : findUrlPasswords(inner, [...path, key]),
  );
}

/** A secret value, by its path as `pulumi config --path` takes it. */
export interface SecretPath {
  readonly path: string;
  /** Whether Pulumi.yaml says `secret: true` of it. */
  readonly isOfProject: boolean;
}

/** In place of a value of which Pulumi.yaml says `secret: true`. */
export const secretOfProject = { secure: "" } as const;

/** Throws where there is one, before another problem is looked for: its message might quote the value. */
export function refuseSecretValues(stack: string, paths: readonly SecretPath[]): void {
  if (paths.length === 0) return;
  throw toOneError(
    `stack ${stack}: the stack file is not usable`,
    paths.map(({ path, isOfProject }) => {
      const says = isOfProject ? "secret: true in Pulumi.yaml" : "pulumi config set --secret";
      const remove = isOfProject
        ? `take "secret: true" out of Pulumi.yaml`
        : `run: pulumi config rm --stack ${stack} --path '${path.replaceAll("'", `'\\''`)}'`;
      return problemAt(
        path,
        `this value is secret (${says}), and Berth would write it in clear into state and manifests`,
        `put it into a 1Password item, name the item under "secrets" of the app, and ${remove}`,
      );
    }),
  );
}

function toStep(key: string): string {
  return /^[\w-]+$/.test(key) ? `.${key}` : `[${JSON.stringify(key)}]`;
}
