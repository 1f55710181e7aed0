import { toOneError } from "../errors.ts";

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

/**
 * Throws where there is one. No other problem of the file is looked for before, since its message might quote
 * the value.
 *
 * @param paths As `pulumi config --path` takes them.
 */
export function refuseSecretValues(stack: string, paths: readonly string[]): void {
  if (paths.length === 0) return;
  throw toOneError(
    `stack ${stack}: the stack file is not usable`,
    paths.map(
      (path) =>
        `${path}: this value is secret (pulumi config set --secret), and Berth would write it in clear into state and manifests\n` +
        `    fix: put it into a 1Password item, name the item under "secrets" of the app, and run: pulumi config rm --stack ${stack} --path '${path.replaceAll("'", `'\\''`)}'`,
    ),
  );
}

function toStep(key: string): string {
  return /^[\w-]+$/.test(key) ? `.${key}` : `[${JSON.stringify(key)}]`;
}
