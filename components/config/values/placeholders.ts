import { unknownPlaceholder } from "../keys/placeholders.ts";
import { loginKeysOf } from "../login-keys.ts";
import type { AppSpec, RoleSpec, StackSpec } from "../spec.ts";
import type { Resolve, Resolved } from "./fill.ts";
import { missingKey } from "./references.ts";
import { contentOfRole, type LabelsOf } from "./secret-contents.ts";

/** The placeholders of an app's values. `workload.helm.values` in the schema says what each means. */
export function toPlaceholders(
  { postgres: { service } }: Pick<StackSpec, "postgres">,
  app: AppSpec,
  labelsOf: LabelsOf,
): Resolve {
  const known = new Map<string, string | number>([
    ...app.roles.flatMap((role) => {
      const prefix = role.key === "owner" ? "" : `roles.${role.key}.`;
      return [
        [`${prefix}role`, role.name],
        [`${prefix}secret`, role.secretName],
      ] as const;
    }),
    ["database", app.database.name],
    ...(app.database.names.length === 1
      ? []
      : app.database.names.map((name) => [`database.${name}`, name] as const)),
    ["host", service.host],
    ["port", service.port],
    ["port:text", String(service.port)],
    ["sslmode", service.sslmode],
    ...(service.sslrootcert === undefined ? [] : [["sslrootcert", service.sslrootcert] as const]),
  ]);
  return (name) => {
    const value = known.get(name);
    if (value !== undefined) return { value };
    const [, prefix = "", key = ""] = /^(.*?\bsecret)\.(.+)$/.exec(name) ?? [];
    const role = app.roles.find(
      (one) => prefix === (one.key === "owner" ? "secret" : `roles.${one.key}.secret`),
    );
    if (role !== undefined) return resolveKey(app, role, { key, labelsOf });
    const names = [...known.keys()].flatMap((one) =>
      one.endsWith("secret") ? [one, `${one}.KEY`] : [one],
    );
    return { problem: unknownPlaceholder(name, names) };
  };
}

/** A login's key is found under the name that the operator gives to it. */
function resolveKey(
  app: AppSpec,
  role: RoleSpec,
  { key, labelsOf }: { readonly key: string; readonly labelsOf: LabelsOf },
): Resolved {
  const login = loginKeysOf(app, role);
  if (key === "password") return { value: login.password };
  if (key === "username" && login.username !== undefined) return { value: login.username };
  const problem = missingKey(role.secretName, key, contentOfRole(app, role, labelsOf));
  return problem === undefined ? { value: key } : { problem };
}
