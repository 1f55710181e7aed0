import { escapeIdentifier } from "pg";
import { didYouMean } from "../../components/closest.ts";
import { eachDatabase } from "../../components/config/databases.ts";
import { readOnePasswordAccess } from "../../components/config/environment.ts";
import { loadStackFromFile, readStackFile } from "../../components/config/load.ts";
import { roleNamesOf } from "../../components/config/logins.ts";
import { reservedReason } from "../../components/config/rules/names.ts";
import type { PostgresSpec } from "../../components/config/spec/postgres.ts";
import { loadIdentifiedStack } from "../../components/engine/stack-identity.ts";
import { BerthError, toOneError } from "../../components/errors.ts";
import type { Credential } from "../../components/onepassword/credential.ts";
import { readStackItems } from "../../components/onepassword/stack-items.ts";
import { readThroughClient } from "../../components/onepassword/through-client.ts";
import type { Catalog } from "../../components/postgres/catalog/catalog.ts";
import { withOwnershipRole } from "../../components/postgres/rules/roles/identity.ts";
import { findIdentityProblem } from "../../components/postgres/rules/server.ts";
import { withServer } from "../../components/postgres/server/reach.ts";
import { projectFolder } from "../../components/project-folder.ts";
import type { AppArgs } from "../define-verb.ts";
import { countOf, paint, print, printJson, withProgress } from "../print.ts";
import { toPulumi } from "../pulumi-process.ts";
import { addEntries, formatEntries, replaceFile } from "../stack-file.ts";
import { type AdoptFacts, inspectServerForAdopt } from "./facts.ts";
import { planAppHandOver } from "./hand-over.ts";
import { quote } from "./kept.ts";
import { comparePasswords, type PasswordFinding } from "./passwords.ts";
import { type Proposal, proposeApps, toLeftAlone } from "./propose.ts";
import type { ProposedApp, Stack } from "./trial.ts";

/** The app is a database, by its name or by the key of its entry. */
export interface AdoptArgs extends AppArgs {
  readonly write: boolean;
  /** The file for `--write`, if the stack file is generated from it. */
  readonly into: string | undefined;
  readonly json: boolean;
}

/** The form of the `--json` output. */
interface Report {
  readonly apps: Readonly<Record<string, ProposedApp["entry"]>>;
  readonly kept: Readonly<Record<string, readonly string[]>>;
  /** What `up` grants to make the profiles of further roles whole. */
  readonly adds: Readonly<Record<string, readonly string[]>>;
  readonly passwords: readonly PasswordFinding[];
  readonly leftAlone: Proposal["leftAlone"];
  /** Statements that a superuser must run before `pulumi up`. */
  readonly superuser: readonly string[];
  /** The stack file, if entries were added to it. */
  readonly written: string | undefined;
}

/**
 * The verb: reads the server, proposes entries, and adds them to the stack file with `--write`. Changes nothing
 * on the server. Exit code 1: the named database cannot be adopted, or `up` would change a password that is in
 * use.
 */
export async function adopt(args: AdoptArgs): Promise<number> {
  const { values } = readStackFile(args.stack, projectFolder, args.file);
  const { target, text } = readStackFile(args.stack, projectFolder, args.into ?? args.file);
  const loaded = loadIdentifiedStack(args.stack, projectFolder, args.file);
  const readItem = readThroughClient(readOnePasswordAccess());
  const { admin } = await readStackItems({ ...loaded, apps: [] }, readItem);
  const facts = await withProgress("reading the server", () => readServer(loaded.postgres, admin));
  const spec = withOwnershipRole(loaded, facts.catalog.roles.values());
  const { apps, leftAlone } = select(proposeApps({ spec, values }, facts), args, spec, facts);
  const passwords = await comparePasswords(
    apps.map(({ app }) => app),
    { spec, readItem, verifiers: facts.verifiers },
  );
  const entries = Object.fromEntries(apps.map(({ key, entry }) => [key, entry]));
  const writes = args.write && apps.length > 0;
  if (writes) {
    replaceFile(target, { before: text, after: addEntries(text, entries) }, (draft) => {
      loadStackFromFile(args.stack, projectFolder, draft);
    });
  }
  const report: Report = {
    apps: entries,
    kept: Object.fromEntries(apps.map(({ key, kept }) => [key, kept])),
    adds: Object.fromEntries(
      apps.flatMap(({ key, adds }) => (adds.length > 0 ? [[key, adds]] : [])),
    ),
    passwords,
    leftAlone,
    superuser: toSuperuserStatements(apps, facts.catalog),
    written: writes ? target : undefined,
  };
  if (args.json) printJson(report);
  else printReport(report, args, target);
  const isRefused = args.app !== undefined && apps.length === 0;
  return isRefused || passwords.some(({ state }) => state === "other") ? 1 : 0;
}

async function readServer(postgres: PostgresSpec, admin: Credential): Promise<AdoptFacts> {
  return await withServer(postgres, async (server) => {
    const facts = await inspectServerForAdopt(server, admin, postgres);
    const identity = findIdentityProblem(facts.catalog.server, postgres);
    if (identity !== undefined) throw toOneError("Postgres", [identity]);
    return facts;
  });
}

function select(
  all: Proposal,
  { app: name }: AdoptArgs,
  spec: Stack["spec"],
  facts: AdoptFacts,
): Proposal {
  if (name === undefined) return all;
  const apps = all.apps.filter(({ key, app }) => key === name || app.database.names.includes(name));
  const leftAlone = all.leftAlone.filter((one) => one.name === name);
  if (apps.length > 0 || leftAlone.length > 0) return { apps, leftAlone };
  const owned = spec.apps.find((app) => app.name === name || app.database.names.includes(name));
  const handedOver = (owned === undefined ? [] : eachDatabase(owned)).flatMap((one) => {
    const handOver = planAppHandOver(one, { spec }, facts);
    return handOver === undefined ? [] : [toLeftAlone(one.database.name, handOver)];
  });
  if (handedOver.length > 0) return { apps: [], leftAlone: handedOver };
  if (owned !== undefined) {
    throw new BerthError(`adopt: ${quote(name)} is in the stack file already, as ${owned.name}`);
  }
  const reserved = reservedReason(name, spec);
  if (reserved !== undefined) {
    throw new BerthError(`adopt: ${quote(name)} ${reserved}, so no app can have it`, {
      hint: spec.postgres.reserved.includes(name)
        ? "if it is an app's, take it out of berth:postgres.reserved"
        : "name another database",
    });
  }
  const found = new Set([
    ...all.apps.flatMap(({ app }) => app.database.names),
    ...all.leftAlone.filter(({ kind }) => kind === "database").map((one) => one.name),
  ]);
  throw new BerthError(
    `adopt: there is no database ${quote(name)} that this stack could adopt${didYouMean(name, found)}`,
    {
      hint: `name one of ${[...found].toSorted().map(quote).join(", ") || "(none)"}, by its name or by its key`,
    },
  );
}

/**
 * From Postgres 16 a role with CREATEROLE can manage only roles that it has ADMIN OPTION on.
 *
 * @see https://www.postgresql.org/docs/current/role-attributes.html
 */
function toSuperuserStatements(apps: readonly ProposedApp[], { server, roles }: Catalog): string[] {
  if (server.isSuperuser || server.versionNumber < 160_000) return [];
  return apps
    .flatMap(({ app }) => roleNamesOf(app))
    .filter((name) => roles.get(name)?.adminIsMember === false)
    .map(
      (name) =>
        `GRANT ${escapeIdentifier(name)} TO ${escapeIdentifier(server.admin)} WITH ADMIN TRUE, INHERIT TRUE, SET TRUE;`,
    );
}

function printReport(report: Report, args: AdoptArgs, file: string): void {
  const bold = (text: string) => paint("bold", text);
  for (const [key, kept] of Object.entries(report.kept)) {
    print(bold(key));
    for (const text of kept) print(`  stays, not in the entry: ${text}`);
    for (const text of report.adds[key] ?? []) print(`  up also: ${text}`);
    for (const { role, state, text } of report.passwords.filter(({ app }) => app === key)) {
      if (state !== "same")
        print(`  password of ${quote(role)}: ${text.replaceAll("\n", "\n    ")}`);
    }
  }
  for (const { kind, name, reasons, statements = [] } of report.leftAlone) {
    print(bold("left alone"), `: ${kind} ${quote(name)}: ${reasons.join("; ")}`);
    if (statements.length > 0) print(`  as a superuser, in database ${quote(name)}:`);
    for (const statement of statements) print(`    ${statement}`);
  }
  if (report.superuser.length > 0) {
    print(bold("run as a superuser"), `, once, before pulumi up:`);
    for (const statement of report.superuser) print(`  ${statement}`);
  }
  const count = Object.keys(report.apps).length;
  if (count > 0 && report.written === undefined) {
    print(bold("entries"), ` for berth:apps:`);
    print(formatEntries(report.apps).trimEnd());
  }
  print(lastLine(report, args, file));
}

function lastLine(report: Report, args: AdoptArgs, file: string): string {
  const apps = Object.keys(report.apps).length;
  const proposed = `${countOf(apps, "app")} with ${countOf(report.passwords.length, "role")} proposed`;
  const left = `${String(report.leftAlone.length)} left alone`;
  if (apps === 0) {
    return args.app === undefined
      ? `nothing to adopt: ${left}`
      : `not adopted: ${quote(args.app)}; nothing was written`;
  }
  return report.written === undefined
    ? `${proposed}, ${left}; nothing was written (--write adds them to ${file})`
    : `${proposed}, ${left}; added to ${file}; next: ${toPulumi("preview", args)}`;
}
