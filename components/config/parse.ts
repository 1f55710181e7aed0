import type { z } from "zod";
import { commandLine } from "../command-line.ts";
import { type Problem, problemAt, toOneError } from "../errors.ts";
import { toAppSpec } from "./derive/apps.ts";
import { mergeMetadata, toArgoCdSpec } from "./derive/argocd.ts";
import { toClusterSpec, toGitOpsSpec, toSecretsSpec } from "./derive/delivery.ts";
import { findReaderGroups } from "./derive/readers.ts";
import { toPostgresSpec } from "./derive/server.ts";
import { inOrder } from "./logins.ts";
import { describeIssue, formatKeyPath } from "./mistakes.ts";
import { findContentProblems } from "./rules/content.ts";
import { findKeyProblems } from "./rules/keys.ts";
import { findLoginProblems, findRestartProblems } from "./rules/logins.ts";
import { findArgoCdProblems } from "./rules/manifests/argocd.ts";
import { findCertificateProblems } from "./rules/manifests/certificates.ts";
import { findChartProblems, findChartWarnings } from "./rules/manifests/charts.ts";
import { findDeliveryProblems } from "./rules/manifests/delivery.ts";
import { findJobProblems } from "./rules/manifests/job.ts";
import { findValueProblems } from "./rules/manifests/values.ts";
import { findWorkloadProblems } from "./rules/manifests/workloads.ts";
import { findMembershipProblems } from "./rules/memberships.ts";
import { findNameProblems } from "./rules/names.ts";
import { findPrivilegeProblems } from "./rules/privileges.ts";
import { findRetirementProblems } from "./rules/retirement.ts";
import { findVaultProblems } from "./rules/vault/apps.ts";
import { findInsideProblems } from "./rules/vault/inside.ts";
import { StackConfig } from "./schema/stack.ts";
import { findUrlPasswords } from "./secret-values.ts";
import type { StackSpec } from "./spec.ts";
import type { Locate } from "./yaml/locate.ts";
import { unquotedDate } from "./yaml/pulumi-yaml.ts";

/** What only the text of a stack file says. */
export interface Written {
  readonly locate: Locate;
  readonly problems: readonly Problem[];
}

/**
 * Turns what an operator wrote into what Berth works from. Connects to nothing.
 *
 * @param stack Name of the Pulumi stack, as in `Pulumi.<stack>.yaml`.
 * @param raw The values under `config:`, without the `berth:` prefix.
 * @param file Name of the file they are from; undefined = unknown, since Pulumi read the file.
 * @param written What only that file's text says.
 * @throws BerthError that lists every mistake with its key path, what was given and what is allowed.
 */
export function parseStack(
  stack: string,
  raw: unknown,
  file?: string,
  { locate, problems: more }: Written = { locate: () => undefined, problems: [] },
): StackSpec {
  const name = file === undefined ? "" : ` ${file}`;
  const title = `stack ${stack}: the stack file${name} is not usable`;
  const refuse = (problems: readonly Problem[], hint?: string) =>
    toOneError(
      title,
      problems.map((problem) => withPlace(problem, locate)),
      hint,
    );
  // Alone, since another problem might quote the value.
  const open = findUrlPasswords(raw).map((path) =>
    problemAt(
      formatKeyPath(path),
      "the URL has a password or a token, which Berth would write in clear into state and manifests",
      "take it out of the URL, and give it as a Secret to what uses the URL",
    ),
  );
  if (open.length > 0) throw refuse(open);
  const hidden = [...findUnreadable(raw, []), ...more];
  const parsed = StackConfig.safeParse(raw, { reportInput: true });
  if (!parsed.success) {
    const { issues } = parsed.error;
    const rest = keepValidApps(raw, issues);
    const others = rest === undefined ? [] : findProblems(toStackSpec(stack, rest), rest);
    const isEmpty = Object.keys(raw ?? {}).length === 0;
    const hint = isEmpty ? `${commandLine("init", `--stack ${stack}`)} writes it` : undefined;
    throw refuse([...hidden, ...issues.flatMap(describeIssue), ...others], hint);
  }
  const spec = toStackSpec(stack, parsed.data);
  const problems = [...hidden, ...findProblems(spec, parsed.data)];
  if (problems.length > 0) throw refuse(problems);
  return spec;
}

function withPlace(problem: Problem, locate: Locate): Problem {
  const { at = "", what } = problem;
  const place = locate(at.replace("berth:", "").split("."));
  return place === undefined ? problem : { ...problem, what: `${place}: ${what}` };
}

/** What would pass through the schema as something that nobody wrote. */
function findUnreadable(value: unknown, path: readonly string[]): Problem[] {
  if (typeof value === "string" && unquotedDate.test(value)) {
    return [
      problemAt(
        formatKeyPath(path),
        `a date without quotes, which YAML reads as the text "${value}"`,
        "put it in quotes",
      ),
    ];
  }
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([key, inner]) =>
    key === "__proto__"
      ? [problemAt(formatKeyPath([...path, key]), `the name "__proto__" is not allowed`)]
      : findUnreadable(inner, [...path, key]),
  );
}

/** The stack without the apps that have mistakes; undefined = a mistake is outside `apps`. */
function keepValidApps(raw: unknown, issues: readonly z.core.$ZodIssue[]): StackConfig | undefined {
  const wrong = new Set(
    issues.map(({ path: [section, app] }) => (section === "apps" ? app : undefined)),
  );
  if (wrong.has(undefined)) return undefined;
  const written = raw as { readonly apps: Readonly<Record<string, unknown>> };
  const apps = Object.entries(written.apps).filter(([name]) => !wrong.has(name));
  return StackConfig.safeParse({ ...written, apps: Object.fromEntries(apps) }).data;
}

function toStackSpec(stack: string, config: StackConfig): StackSpec {
  const postgres = toPostgresSpec(stack, config);
  const gitops = toGitOpsSpec(stack, config);
  const cluster = toClusterSpec(stack, config);
  const secrets = toSecretsSpec(stack, config, postgres);
  const readers = findReaderGroups(config);
  const apps = inOrder(
    Object.keys(config.apps)
      .toSorted()
      .map((name) => toAppSpec(stack, name, config, { service: postgres.service, readers })),
  );
  const { vault, throughProvider = false } = config.onepassword;
  const stackId = config.stack?.id;
  const argocd = toArgoCdSpec(config);
  const metadata = mergeMetadata(config.metadata ?? {}, {});
  const manifests = { gitops, cluster, argocd, metadata, secrets };
  const warnings = findChartWarnings(config);
  return { stack, stackId, postgres, vault, throughProvider, ...manifests, apps, warnings };
}

/** Problems between values that are valid one by one. */
function findProblems(spec: StackSpec, config: StackConfig): Problem[] {
  return [
    ...findNameProblems(spec),
    ...findMembershipProblems(spec),
    ...findDeliveryProblems(spec),
    ...findArgoCdProblems(spec),
    ...findContentProblems(spec),
    ...findPrivilegeProblems(spec),
    ...findJobProblems(spec),
    ...findCertificateProblems(spec),
    ...findRetirementProblems(spec),
    ...findLoginProblems(spec),
    ...findRestartProblems(spec),
    ...findVaultProblems(spec, config),
    ...findInsideProblems(spec, config),
    ...findKeyProblems(spec, config),
    ...findValueProblems(spec),
    ...findWorkloadProblems(spec, config),
    ...findChartProblems(config),
  ];
}
