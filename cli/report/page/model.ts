import { pulumiLine } from "../../../components/command-line.ts";
import type { AppSpec, StackSpec } from "../../../components/config/spec.ts";
import { describeWhat } from "../../../components/errors.ts";
import { listActions } from "../../../components/postgres/diff/decide-app.ts";
import { planDatabases } from "../../../components/postgres/plan/plan.ts";
import { formatVersion } from "../../../components/postgres/rules/server.ts";
import { describeAction } from "../../../components/postgres/statements/actions.ts";
import { labelStatements } from "../../../components/postgres/statements/labels.ts";
import { compareText } from "../../../components/sort.ts";
import { type AppReport, type SecretReport, toReport } from "../app-report.ts";
import { listSecretPaths, type SecretPath } from "../secret-paths.ts";
import type { LiveStack } from "./live.ts";
import { keepApps, type Matrix, toLiveMatrix, toPlannedMatrix } from "./matrix.ts";
import { findWarnings, type Warning } from "./warnings.ts";

/** Everything that the page, the Mermaid picture and the JSON document show. It has no secret. */
export interface StackReport {
  readonly stack: string;
  /** The server that was read; undefined = all is from the stack file. */
  readonly server: { readonly name: string; readonly version: string } | undefined;
  readonly apps: readonly AppChain[];
  readonly matrix: Matrix;
  readonly warnings: readonly Warning[];
  /** What is secret inside Vault; empty = the stack uses none. */
  readonly secretPaths: readonly SecretPath[];
}

/** The way of one app from its items to its workload. */
export interface AppChain
  extends Pick<AppReport, "app" | "namespace" | "database" | "furtherDatabases" | "secrets"> {
  readonly roles: readonly RoleOfChain[];
  /** Argo CD Applications, in the order of their waves. */
  readonly applications: readonly string[];
  readonly workload: string | undefined;
  /** undefined = the server was not read. */
  readonly state: AppState | undefined;
}

export interface RoleOfChain {
  readonly name: string;
  readonly profile: string;
  readonly secret: SecretReport | undefined;
}

export interface AppState {
  readonly isThere: boolean;
  /** What `pulumi up` would do about it, in plain words. */
  readonly drift: readonly string[];
}

export function toStackReport(
  spec: StackSpec,
  selected: readonly AppSpec[],
  live: LiveStack | undefined,
): StackReport {
  const { postgres } = spec;
  const plans = spec.apps.flatMap((app) => planDatabases(app, postgres));
  const names = new Set(selected.map(({ name }) => name));
  const matrix =
    live === undefined
      ? toPlannedMatrix(plans, spec)
      : toLiveMatrix(plans, live.catalog, postgres.ownershipRole);
  const warnings = [
    ...findWarnings(spec, live?.catalog),
    ...(live === undefined ? [] : spec.apps.flatMap((app) => toDriftWarnings(app, spec, live))),
  ];
  return {
    stack: spec.stack,
    server: live && {
      name: live.endpoint,
      version: formatVersion(live.catalog.server.versionNumber),
    },
    apps: selected.map((app) => toChain(app, spec, live)),
    matrix: names.size === spec.apps.length ? matrix : keepApps(matrix, names),
    warnings: warnings
      .filter(({ app }) => app === undefined || names.has(app))
      .toSorted((a, b) => compareText(a.app ?? "", b.app ?? "")),
    secretPaths: listSecretPaths(spec, selected),
  };
}

function toChain(app: AppSpec, spec: StackSpec, live: LiveStack | undefined): AppChain {
  const { access: _access, reach: _reach, ...report } = toReport(app, spec);
  const decisions = live?.decisions.get(app.name);
  const isInGit = app.delivery === "git";
  const hasWorkload = app.workload !== undefined && app.delivery !== "none";
  return {
    ...report,
    roles: app.roles.map(({ name, profile, logins, secretName, namespace: own }) => ({
      name: logins === undefined ? name : [name, ...logins].join(", "),
      profile,
      secret: report.secrets.find(
        ({ role, secret, namespaces }) =>
          role !== undefined &&
          secret === secretName &&
          (namespaces.length === 0 || namespaces.includes(own)),
      ),
    })),
    applications: [
      ...(isInGit ? [app.argocd.provisioner] : []),
      ...(hasWorkload ? [app.argocd.application] : []),
    ],
    workload: describeWorkload(app.workload),
    state:
      live === undefined || decisions === undefined
        ? undefined
        : {
            isThere: app.database.names.every((name) => live.catalog.databases.has(name)),
            drift: decisions.flatMap(listActions).map(describeAction),
          },
  };
}

function describeWorkload(workload: AppSpec["workload"]): string | undefined {
  switch (workload?.kind) {
    case "helm":
      return `Helm chart ${workload.chart} ${workload.version} of ${workload.repoURL}`;
    case "git":
      return `${workload.path} in ${workload.repoURL}`;
    case undefined:
      return undefined;
  }
}

function toDriftWarnings(
  { name: app, database, provisioner }: AppSpec,
  { postgres, stack }: StackSpec,
  { catalog, decisions }: LiveStack,
): Warning[] {
  const found = decisions.get(app) ?? [];
  const all = found.flatMap(({ problems, superuser, unstated }) => [
    ...problems,
    ...superuser,
    ...unstated,
  ]);
  // A problem of a role is that of each database.
  const whats = [...Map.groupBy(all, describeWhat)];
  const problems = whats.map(([what, [first]]) => ({ app, what, fix: first?.fix }));
  const missing = database.names.filter((name) => !catalog.databases.has(name));
  if (found.length > 0 && missing.length > 0) {
    const fix = provisioner === "job" ? "run the app's Job" : pulumiLine("up", stack);
    const not = missing.map((name) => `database ${name} is not on the server yet`);
    return [...problems, ...not.map((what) => ({ app, what, fix }))];
  }
  const labelled = labelStatements(found.flatMap(listActions), postgres.ownershipRole);
  const drift = labelled.map(({ words, sql }) => ({
    app,
    what: `differs from the stack file; with pulumi up, ${words}`,
    fix: `${sql};`,
  }));
  return [...problems, ...drift];
}
