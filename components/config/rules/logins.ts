import type { AppSpec, StackSpec } from "../spec.ts";

/** Settings that `rotation: two-logins` does not support, each problem with its key path. */
export function findLoginProblems({ apps }: Pick<StackSpec, "apps">): string[] {
  return apps.flatMap((app) => {
    const [owner] = app.roles;
    // Logins of Vault have their own rules.
    if (owner.logins === undefined || owner.logins.length === 0) return [];
    const at = `berth:apps.${app.name}`;
    return [
      ...(app.provisioner === "berth"
        ? []
        : [
            `${at}.owner.rotation: got "two-logins"; provisioner "${app.provisioner}" allows only in-place, because it sets a password on every role and the login that is not in use has none; set ${at}.provisioner to berth`,
          ]),
      ...(owner.scram === undefined
        ? []
        : [
            `${at}.owner.scram: has no effect with rotation two-logins, because the logins get new verifiers; remove it`,
          ]),
      ...(owner.fields.username === undefined
        ? [
            `${at}.owner.item.username: missing; with rotation two-logins the item's field of that label says which login is in use`,
          ]
        : []),
      ...findPlaceholderProblem(app, "rotation two-logins"),
    ];
  });
}

/** A chart with the role's name in its values would keep that name when the login changes. */
export function findPlaceholderProblem(app: AppSpec, setting: string): string[] {
  if (app.workload?.kind !== "helm") return [];
  if (!/(?<!\$)\$\{role\}/.test(JSON.stringify(app.workload.values))) return [];
  return [
    `berth:apps.${app.name}.workload.helm.values: \${role} is a fixed name, but with ${setting} the login's name changes; let the chart read it from the Secret, key "username"`,
  ];
}
