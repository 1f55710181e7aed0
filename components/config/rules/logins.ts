import type { AppSpec, StackSpec } from "../spec.ts";

/** What does not go together with two logins that take turns, each problem with its key path. */
export function findLoginProblems({ apps }: Pick<StackSpec, "apps">): string[] {
  return apps.flatMap((app) => {
    const [owner] = app.roles;
    // Those of Vault have rules of their own.
    if (owner.logins === undefined || owner.logins.length === 0) return [];
    const at = `berth:apps.${app.name}`;
    return [
      ...(app.provisioner === "berth"
        ? []
        : [
            `${at}.owner.rotation: got "two-logins"; with provisioner "${app.provisioner}" allowed is in-place, since its roles always state a password, and the login that waits has none that anybody knows; set ${at}.provisioner to berth`,
          ]),
      ...(owner.scram === undefined
        ? []
        : [
            `${at}.owner.scram: is of the verifier that the owner was adopted with; with rotation two-logins the logins get new ones, so take it out`,
          ]),
      ...findPlaceholderProblem(app, "rotation two-logins"),
    ];
  });
}

/** A chart that is given the role's name would go on with it when the logins change. */
export function findPlaceholderProblem(app: AppSpec, setting: string): string[] {
  if (app.workload?.kind !== "helm") return [];
  if (!/(?<!\$)\$\{role\}/.test(JSON.stringify(app.workload.values))) return [];
  return [
    `berth:apps.${app.name}.workload.helm.values: \${role} is one name, and with ${setting} the user's changes; let the chart take it from the Secret, key "username"`,
  ];
}
