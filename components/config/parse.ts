import type { z } from "zod";
import { didYouMean } from "../closest.ts";
import { commandLine } from "../command-line.ts";
import { toOneError } from "../errors.ts";
import { toAppSpec } from "./derive/apps.ts";
import { mergeMetadata, toArgoCdSpec } from "./derive/argocd.ts";
import { toClusterSpec, toGitOpsSpec, toSecretsSpec } from "./derive/delivery.ts";
import { findReaderGroups } from "./derive/readers.ts";
import { toPostgresSpec } from "./derive/server.ts";
import { inOrder } from "./logins.ts";
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
import { allowedKeys } from "./schema/keys.ts";
import { StackConfig } from "./schema/stack.ts";
import { findUrlPasswords } from "./secret-values.ts";
import type { StackSpec } from "./spec.ts";
import type { Locate } from "./yaml/locate.ts";
import { unquotedDate } from "./yaml/pulumi-yaml.ts";

/** What only the text of a stack file says. */
export interface Written {
  /** Finds a key path in the file. */
  readonly locate: Locate;
  readonly problems: readonly string[];
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
  const refuse = (problems: readonly string[], hint?: string) =>
    toOneError(
      title,
      problems.map((problem) => withPlace(problem, locate)),
      hint,
    );
  // Alone, since another problem might quote the value.
  const open = findUrlPasswords(raw).map(describeUrlPassword);
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

const keyPath =
  /^(?:config|berth:(?<path>[^:\s"]+)): (?:unknown key "(?:berth:)?(?<unknown>[^"]*)")?/;

/** Every problem begins with its key path, so that is where its place comes from. */
function withPlace(problem: string, locate: Locate): string {
  const { path, unknown } = keyPath.exec(problem)?.groups ?? {};
  const place = locate([
    ...(path === undefined ? [] : path.split(".")),
    ...(unknown === undefined ? [] : [unknown]),
  ]);
  return place === undefined ? problem : `${place}: ${problem}`;
}

function describeUrlPassword(path: readonly string[]): string {
  return `${formatKeyPath(path)}: the URL has a password, which Berth would write in clear into state and manifests\n    fix: take it out of the URL, and give it as a Secret to what uses the URL`;
}

/** What would pass through the schema as something that nobody wrote. */
function findUnreadable(value: unknown, path: readonly string[]): string[] {
  if (typeof value === "string" && unquotedDate.test(value)) {
    return [
      `${formatKeyPath(path)}: a date without quotes, which YAML reads as the text "${value}"\n    fix: put it in quotes`,
    ];
  }
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([key, inner]) =>
    key === "__proto__"
      ? [`${formatKeyPath([...path, key])}: the name "__proto__" is not allowed`]
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
function findProblems(spec: StackSpec, config: StackConfig): string[] {
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

/** Keys that had another name in an earlier version. */
const renamedKeys: Readonly<Record<string, string>> = { markerRole: "ownershipRole" };

/** `berth:apps.netbox.database.name`: a key path as it stands in the stack file. */
function formatKeyPath(path: readonly PropertyKey[]): string {
  return path.length === 0 ? "config" : `berth:${path.map(String).join(".")}`;
}

function describeIssue(issue: z.core.$ZodIssue): string[] {
  const at = formatKeyPath(issue.path);
  switch (issue.code) {
    case "unrecognized_keys":
      return issue.keys.map((key) => {
        const prefix = issue.path.length === 0 ? "berth:" : "";
        const renamed = renamedKeys[key];
        if (renamed !== undefined)
          return `${at}: "${key}" is called "${renamed}" now; rename the key`;
        const allowed = allowedKeys(issue.path).map((name) => `${prefix}${name}`);
        const closest = didYouMean(`${prefix}${key}`, allowed);
        return `${at}: unknown key "${prefix}${key}"${closest || ";"} allowed are ${allowed.join(", ")}`;
      });
    case "invalid_key": {
      const [inner] = issue.issues;
      return [`${at}: the name ${show(issue.path.at(-1))} ${inner?.message ?? "is not allowed"}`];
    }
    case "invalid_union":
      return describeUnion(issue, at);
    case "invalid_type":
      return issue.input === undefined
        ? [`${at}: missing; expected ${expectedType(issue)}${exampleFix(issue)}`]
        : [
            `${at}: got ${showWrongType(issue.input)}; expected ${expectedType(issue)}${quoteFix(issue)}${profileFix(issue)}`,
          ];
    case "invalid_value":
      return [
        `${at}: got ${show(issue.input)}${didYouMean(String(issue.input), issue.values.map(String)) || ";"} allowed are ${issue.values.map(String).join(", ")}`,
      ];
    case "custom":
    case "invalid_format":
    case "too_big":
    case "too_small":
    case "not_multiple_of":
    case "invalid_element":
      return [`${at}: ${show(issue.input)} ${issue.message}`];
  }
}

/** The issues of the one form that the value has, if only one fits its type; otherwise why no form fits. */
function describeUnion(issue: z.core.$ZodIssueInvalidUnion, at: string): string[] {
  const [form, ...others] = issue.errors.filter((errors) =>
    errors.every(({ path, code }) => path.length > 0 || !typeCodes.has(code)),
  );
  if (form === undefined || others.length > 0) {
    return [`${at}: got ${show(issue.input)}; ${unionMessage(issue)}`];
  }
  return form.flatMap((one) => describeIssue({ ...one, path: [...issue.path, ...one.path] }));
}

/** The value is of another type. */
const typeCodes: ReadonlySet<string> = new Set(["invalid_type", "invalid_value"]);

function unionMessage(issue: z.core.$ZodIssueInvalidUnion): string {
  const reasons = issue.errors.map((errors) =>
    errors
      .map((e) =>
        [
          ...(e.path.length > 0 ? [e.path.join(".")] : []),
          e.message.replace(/^Invalid input: /, ""),
        ].join(": "),
      )
      .join(", "),
  );
  return reasons.length > 0 ? reasons.join(", or: ") : issue.message;
}

/** Zod's "record" is an object in the words of JSON Schema. */
function expectedType({ expected }: z.core.$ZodIssueInvalidType): string {
  return expected === "record" ? "object" : expected;
}

/** JavaScript rounds a number this long, so its digits are not those of the file. */
function showWrongType(value: unknown): string {
  const isRounded = typeof value === "number" && Math.abs(value) > Number.MAX_SAFE_INTEGER;
  return isRounded ? "a number with too many digits" : show(value);
}

function quoteFix({ expected, input }: z.core.$ZodIssueInvalidType): string {
  return expected === "string" && typeof input === "number" ? "\n    fix: put it in quotes" : "";
}

/** What to add for a section that every stack file has. */
const examples: Readonly<Record<string, string>> = {
  postgres:
    "berth:postgres: { endpoint: { kubernetes: { namespace: db-postgres, service: postgres } } }",
  onepassword: "berth:onepassword: { vault: ‹vault› }",
  apps: "berth:apps: { wiki: {} }",
};

function exampleFix({ path }: z.core.$ZodIssueInvalidType): string {
  const example = path.length === 1 ? examples[String(path[0])] : undefined;
  return example === undefined ? "" : `\n    fix: add ${example}`;
}

/** The profile alone, in place of the role. */
function profileFix({ path, input }: z.core.$ZodIssueInvalidType): string {
  const [section, , key, role] = path;
  const isRole = section === "apps" && key === "roles" && path.length === 4;
  return isRole && typeof input === "string"
    ? `\n    fix: write ${String(role)}: { profile: ${input} }`
    : "";
}

function show(value: unknown): string {
  const text = value === undefined ? "nothing" : JSON.stringify(value);
  return text.length > 80 ? `${text.slice(0, 77)}...` : text;
}
