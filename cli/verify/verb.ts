import pLimit from "p-limit";
import { pulumiLine } from "../../components/command-line.ts";
import { readOnePasswordAccess } from "../../components/config/environment.ts";
import { isOfVault, roleNamesOf } from "../../components/config/logins.ts";
import type { AppSpec, StackSpec } from "../../components/config/spec.ts";
import { loadIdentifiedStack } from "../../components/engine/stack-identity.ts";
import { toOneError } from "../../components/errors.ts";
import { readStackItems, type StackItems } from "../../components/onepassword/stack-items.ts";
import { readThroughClient } from "../../components/onepassword/through-client.ts";
import { inspectCatalog } from "../../components/postgres/catalog/catalog.ts";
import {
  inspectOpenDatabases,
  inspectTraces,
  type Trace,
} from "../../components/postgres/catalog/neighbours.ts";
import { withOwnershipRole } from "../../components/postgres/rules/roles/identity.ts";
import { findOtherServer } from "../../components/postgres/rules/server.ts";
import { withServer } from "../../components/postgres/server/reach.ts";
import { type ServerTarget, withSession } from "../../components/postgres/server/session.ts";
import { projectFolder } from "../../components/project-folder.ts";
import type { AppArgs } from "../define-verb.ts";
import { countOf, paint, print, printJson } from "../print.ts";
import { selectApps } from "../select-apps.ts";
import { verifyApp } from "./app.ts";
import { type Check, describeCheck, type VerifyContext } from "./check.ts";
import { findLeaseSource, type LeaseSource, verifyVaultLogin } from "./lease.ts";

/** The result of `verify`, and its `--json` output. */
export interface Verdict {
  readonly apps: readonly { readonly app: string; readonly checks: readonly Check[] }[];
  readonly ok: boolean;
}

/** Apps that are checked at the same time; each has one session at a time. */
const concurrency = 4;

export async function verify(args: AppArgs & { readonly json: boolean }): Promise<number> {
  const spec = loadIdentifiedStack(args.stack, projectFolder, args.file);
  const apps = selectApps(spec, args.app);
  const items = await readStackItems(
    { ...spec, apps: withReaders(apps, spec) },
    readThroughClient(readOnePasswordAccess()),
  );
  const leases = await findLeaseSource(spec, apps);
  const onApp = args.json ? () => undefined : printChecks;
  const verdict = await verifyStack(spec, { ...items, leases }, onApp, apps);
  if (args.json) printJson(verdict);
  else {
    printWarnings(verdict);
    printLastLine(verdict);
  }
  return verdict.ok ? 0 : 1;
}

/** The apps, and those whose logins read them: these are tried, too. */
function withReaders(apps: readonly AppSpec[], spec: StackSpec): readonly AppSpec[] {
  const readers = apps.flatMap(({ roles }) => roles.map(({ reader }) => reader?.app));
  return spec.apps.filter((app) => apps.includes(app) || readers.includes(app.name));
}

/** Checks the apps of a stack, all or these, through the stack's endpoint. */
export async function verifyStack(
  loaded: StackSpec,
  items: Pick<StackItems, "admin" | "credential"> & { readonly leases?: LeaseSource },
  onApp: (app: string, checks: readonly Check[]) => void,
  selected = loaded.apps,
): Promise<Verdict> {
  return await withServer(loaded.postgres, async (target) => {
    const facts = await inspectAsAdmin(loaded, items, target);
    const spec = withOwnershipRole(loaded, facts.catalog.roles.values());
    const limit = pLimit(concurrency);
    const { leases = { because: undefined } } = items;
    const verifyOne = async (app: AppSpec) => {
      const missing = app.database.names.filter((name) => !facts.catalog.databases.has(name));
      if (missing.length > 0) {
        const checks = missing.map((name) => notThereYet(app, name, spec));
        onApp(app.name, checks);
        return { app: app.name, checks };
      }
      const traces = facts.traces.get(app.name) ?? [];
      const runChecks = (credential: VerifyContext["credential"]): Promise<readonly Check[]> =>
        verifyApp(app, { spec, target, admin: items.admin, credential, ...facts, traces });
      const database = app.database.name;
      const admin = { target: { ...target, database }, credential: items.admin };
      const checks = isOfVault(app.roles[0])
        ? await verifyVaultLogin(app, leases, admin, (made) =>
            runChecks((role) => (isOfVault(role) ? made : items.credential(role))),
          )
        : await runChecks(items.credential);
      onApp(app.name, checks);
      return { app: app.name, checks };
    };
    const apps = await Promise.all(selected.map((app) => limit(() => verifyOne(app))));
    return { apps, ok: apps.every(({ checks }) => checks.every((check) => check.ok)) };
  });
}

function notThereYet(
  { name, provisioner }: AppSpec,
  database: string,
  { stack }: StackSpec,
): Check {
  const fix = provisioner === "job" ? "run the app's Job" : `run ${pulumiLine("up", stack)}`;
  const detail = `database "${database}" is not on the server yet`;
  return { name: `${name}: is on the server`, ok: false, detail, fix };
}

/** Reads what only the admin can see: the server's identity, PUBLIC's privileges, and traces on reserved names. */
async function inspectAsAdmin(
  spec: StackSpec,
  items: Pick<StackItems, "admin">,
  target: ServerTarget,
) {
  const { postgres } = spec;
  const database = postgres.maintenanceDatabase;
  return await withSession({ ...target, database }, items.admin, async (client) => {
    const databases = spec.apps.flatMap((app) => app.database.names);
    const catalog = await inspectCatalog(client, { databases });
    const other = findOtherServer(catalog.server, postgres);
    if (other !== undefined) throw toOneError("Postgres", [other]);
    const traces = new Map<string, readonly Trace[]>();
    for (const app of spec.apps) {
      const roles = roleNamesOf(app);
      traces.set(app.name, await inspectTraces(client, roles, postgres.reserved));
    }
    const openDatabases = await inspectOpenDatabases(client);
    return { openDatabases, traces, catalog, server: catalog.server };
  });
}

/** Without warnings, which come at the end: many apps may have the same. */
function printChecks(app: string, checks: readonly Check[]): void {
  for (const check of checks.filter(({ warning }) => warning !== true)) {
    const status = paint(check.ok ? "green" : "red", (check.ok ? "ok" : "failed").padEnd(7));
    print(status, ` ${app}  ${describeCheck(check)}`);
  }
}

/** Each warning once, with all apps that it is about. */
function printWarnings({ apps }: Verdict): void {
  const all = apps.flatMap(({ app, checks }) =>
    checks
      .filter(({ warning }) => warning === true)
      .map((check) => ({ app, text: describeCheck(check) })),
  );
  for (const [text, same] of Map.groupBy(all, (one) => one.text)) {
    print(paint("yellow", "warning"), ` ${same.map(({ app }) => app).join(", ")}  ${text}`);
  }
}

function printLastLine({ apps, ok }: Verdict): void {
  const checks = apps.flatMap((app) => app.checks);
  const failed = checks.filter((check) => !check.ok).length;
  const warnings = checks.filter((check) => check.warning === true).length;
  const counts = `${countOf(apps.length, "app")}, ${countOf(checks.length, "check")}, ${String(failed)} failed, ${countOf(warnings, "warning")}`;
  print(`${ok ? "verified" : "not verified"}: ${counts}`);
}
