import pLimit from "p-limit";
import { readOnePasswordAccess } from "../../components/config/environment.ts";
import { isOfVault, roleNamesOf } from "../../components/config/logins.ts";
import type { AppSpec, StackSpec } from "../../components/config/spec.ts";
import { loadIdentifiedStack } from "../../components/engine/stack-identity.ts";
import { toOneError } from "../../components/errors.ts";
import { readStackItems, type StackItems } from "../../components/onepassword/stack-items.ts";
import { readThroughClient } from "../../components/onepassword/through-client.ts";
import {
  inspectMarkedRoles,
  inspectOpenDatabases,
  inspectRoles,
  inspectServer,
  inspectTraces,
  type LiveRole,
  type OpenDatabase,
  type ServerFacts,
  type Trace,
} from "../../components/postgres/catalog/catalog.ts";
import { withOwnershipRole } from "../../components/postgres/rules/identity.ts";
import { findIdentityProblem } from "../../components/postgres/rules/server.ts";
import { withServer } from "../../components/postgres/server/reach.ts";
import { type ServerTarget, withSession } from "../../components/postgres/server/session.ts";
import { projectFolder } from "../../components/project-folder.ts";

import { paint, print, printJson } from "../print.ts";

import { verifyApp } from "./app.ts";
import { type Check, describeCheck, type VerifyContext } from "./check.ts";
import { verifyWithProbeLogin } from "./vault.ts";

/** The result of `verify`, and its `--json` output. */
export interface Verdict {
  readonly apps: readonly { readonly app: string; readonly checks: readonly Check[] }[];
  readonly ok: boolean;
}

/** Apps that are checked at the same time; each has one session at a time. */
const concurrency = 4;

/** The verb: prints the verdict and returns the exit code. */
export async function verify(args: {
  readonly stack: string;
  readonly file: string | undefined;
  readonly json: boolean;
}): Promise<number> {
  const spec = loadIdentifiedStack(args.stack, projectFolder, args.file);
  const items = await readStackItems(spec, readThroughClient(readOnePasswordAccess()));
  const verdict = await verifyStack(spec, items, args.json ? () => undefined : printChecks);
  if (args.json) printJson(verdict);
  else printLastLine(verdict);
  return verdict.ok ? 0 : 1;
}

/** Checks every app of a stack, through the stack's endpoint. */
export async function verifyStack(
  loaded: StackSpec,
  items: Pick<StackItems, "admin" | "credential">,
  onApp: (app: string, checks: readonly Check[]) => void,
): Promise<Verdict> {
  return await withServer(loaded.postgres, async (target) => {
    const facts = await inspectAsAdmin(loaded, items, target);
    const spec = withOwnershipRole(loaded, facts.marked);
    const limit = pLimit(concurrency);
    const verifyOne = async (app: AppSpec) => {
      const traces = facts.traces.get(app.name) ?? [];
      const runChecks = (credential: VerifyContext["credential"]): Promise<readonly Check[]> =>
        verifyApp(app, { spec, target, admin: items.admin, credential, ...facts, traces });
      const database = app.database.name;
      const admin = { target: { ...target, database }, credential: items.admin };
      const checks = isOfVault(app.roles[0])
        ? await verifyWithProbeLogin(app, admin, (probe) =>
            runChecks((role) => (isOfVault(role) ? probe : items.credential(role))),
          )
        : await runChecks(items.credential);
      onApp(app.name, checks);
      return { app: app.name, checks };
    };
    const apps = await Promise.all(spec.apps.map((app) => limit(() => verifyOne(app))));
    return { apps, ok: apps.every(({ checks }) => checks.every((check) => check.ok)) };
  });
}

/** Reads what only the admin can see: the server's identity, PUBLIC's privileges, and traces on reserved names. */
async function inspectAsAdmin(
  spec: StackSpec,
  items: Pick<StackItems, "admin">,
  target: ServerTarget,
): Promise<{
  openDatabases: ReadonlyMap<string, OpenDatabase>;
  loginRoles: ReadonlyMap<string, LiveRole>;
  traces: ReadonlyMap<string, readonly Trace[]>;
  server: ServerFacts;
  marked: Awaited<ReturnType<typeof inspectMarkedRoles>>;
}> {
  const { postgres } = spec;
  const database = postgres.maintenanceDatabase;
  return await withSession({ ...target, database }, items.admin, async (client) => {
    const server = await inspectServer(client);
    const identity = findIdentityProblem(server, postgres);
    if (identity !== undefined && postgres.systemIdentifier !== undefined) {
      throw toOneError("Postgres", [identity]);
    }
    const traces = new Map<string, readonly Trace[]>();
    for (const app of spec.apps) {
      const roles = roleNamesOf(app);
      traces.set(app.name, await inspectTraces(client, roles, postgres.reserved));
    }
    const owners = spec.apps.flatMap((app) =>
      app.roles.filter(({ logins }) => logins !== undefined),
    );
    const loginRoles = await inspectRoles(client, roleNamesOf({ roles: owners }));
    const marked = await inspectMarkedRoles(client);
    const openDatabases = await inspectOpenDatabases(client);
    return { openDatabases, traces, loginRoles, marked, server };
  });
}

function printChecks(app: string, checks: readonly Check[]): void {
  for (const check of checks) {
    const mark = check.warning === true ? "warning" : check.ok ? "ok" : "failed";
    const colour = check.warning === true ? "yellow" : check.ok ? "green" : "red";
    print(paint(colour, mark.padEnd(7)), ` ${app}  ${describeCheck(check)}`);
  }
}

function printLastLine({ apps, ok }: Verdict): void {
  const checks = apps.flatMap((app) => app.checks);
  const failed = checks.filter((check) => !check.ok).length;
  const warnings = checks.filter((check) => check.warning === true).length;
  const counts = `${String(apps.length)} apps, ${String(checks.length)} checks, ${String(failed)} failed, ${String(warnings)} warnings`;
  print(`${ok ? "verified" : "not verified"}: ${counts}`);
}
