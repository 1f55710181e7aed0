import { type Problem, problemAt, problemWhen } from "../../errors.ts";
import { hasItem } from "../logins.ts";
import type { AppSpec, StackSpec } from "../spec.ts";
import { roleAt } from "./names.ts";

/** Settings that a way to log in does not support, each problem with its key path. */
export function findLoginProblems({ apps }: Pick<StackSpec, "apps">): Problem[] {
  return [
    ...findTwoLoginProblems(apps),
    ...apps.flatMap(findExternalProblems),
    ...apps.flatMap(findReplicationProblems),
  ];
}

function findExternalProblems(app: AppSpec): Problem[] {
  const [owner] = app.roles;
  const external = app.roles.filter(({ login }) => login !== "password");
  const isRegistry = app.provisioner === "postgresql";
  const usesSecret = external.includes(owner) && usesPlaceholder(app, "secret");
  return [
    ...(isRegistry ? external : []).map((role) =>
      problemAt(
        roleAt(app, role, "login"),
        `${role.reader === undefined ? `got "${role.login}"; ` : ""}provisioner postgresql sets a password on every role; set berth:apps.${app.name}.provisioner to berth`,
      ),
    ),
    ...problemWhen(
      usesSecret,
      `berth:apps.${app.name}.workload.helm.values`,
      `\${secret} has no meaning with owner.login: external, because there is no Secret; remove it`,
    ),
  ];
}

/** Only a login can use REPLICATION, and nobody has it as a member of a role. */
function findReplicationProblems(app: AppSpec): Problem[] {
  return app.roles
    .filter(({ replication }) => replication === true)
    .filter(({ login, logins }) => login === "none" || logins?.length === 0)
    .map((role) => {
      const why = role.login === "none" ? "login: none" : "credentials: vault";
      return problemAt(
        roleAt(app, role, "replication"),
        `has no effect with ${why}, because the role does not log in; remove it`,
      );
    });
}

function findTwoLoginProblems(apps: readonly AppSpec[]): Problem[] {
  return apps.flatMap((app) => {
    const [owner] = app.roles;
    // Logins of Vault have their own rules.
    if (owner.logins === undefined || owner.logins.length === 0) return [];
    const at = `berth:apps.${app.name}`;
    return [
      ...problemWhen(
        owner.login !== "password",
        `${at}.owner.login`,
        "has no effect with rotation two-logins; remove one of the two",
      ),
      ...problemWhen(
        app.provisioner !== "berth",
        `${at}.owner.rotation`,
        `got "two-logins"; provisioner "${app.provisioner}" allows only in-place, because it sets a password on every role and the login that is not in use has none; set ${at}.provisioner to berth`,
      ),
      ...problemWhen(
        owner.scram !== undefined,
        `${at}.owner.scram`,
        "has no effect with rotation two-logins, because the logins get new verifiers; remove it",
      ),
      ...problemWhen(
        owner.fields.username === undefined,
        `${at}.owner.item.username`,
        "missing; with rotation two-logins the item's field of that label says which login is in use",
      ),
      ...findPlaceholderProblem(app, "rotation two-logins"),
    ];
  });
}

/** Restarts that nobody would make, each problem with its key path. */
export function findRestartProblems({ apps }: Pick<StackSpec, "apps">): Problem[] {
  return apps.flatMap((app) =>
    app.roles.flatMap((role) => {
      const at = roleAt(app, role);
      return [
        ...problemWhen(
          role.autoRestart && app.secretsThrough !== "onepassword-item",
          `${at}.autoRestart`,
          `only the 1Password operator restarts by itself, and the Secret comes through ${app.secretsThrough}; name what \`rotate\` restarts under ${at}.restart`,
        ),
        ...problemWhen(
          !hasItem(role) && (role.autoRestart || role.restart.length > 0),
          at,
          `Vault makes the logins, and \`rotate\` does not change them; move \`restart\` to berth:apps.${app.name}.vault`,
        ),
      ];
    }),
  );
}

/** A chart with the role's name in its values would keep that name when the login changes. */
export function findPlaceholderProblem(app: AppSpec, setting: string): Problem[] {
  if (!usesPlaceholder(app, "role")) return [];
  return [
    problemAt(
      `berth:apps.${app.name}.workload.helm.values`,
      `\${role} is a fixed name, but with ${setting} the login's name changes; let the chart read it from the Secret, key "username"`,
    ),
  ];
}

function usesPlaceholder({ workload }: AppSpec, name: "role" | "secret"): boolean {
  if (workload?.kind !== "helm") return false;
  return new RegExp(`(?<!\\$)\\$\\{${name}\\}`).test(JSON.stringify(workload.values));
}
