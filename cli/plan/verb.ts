import { commandLine } from "../../components/command-line.ts";
import type { AppSpec } from "../../components/config/spec.ts";
import { loadIdentifiedStack } from "../../components/engine/stack-identity.ts";
import { BerthError } from "../../components/errors.ts";
import { decideFreshServer } from "../../components/postgres/diff/fresh-server.ts";
import {
  type DatabasePlan,
  isFurther,
  planDatabases,
} from "../../components/postgres/plan/plan.ts";
import { toPsqlScript } from "../../components/postgres/psql/script.ts";
import type { Action } from "../../components/postgres/statements/actions.ts";
import { hiddenVerifiers, toStatement } from "../../components/postgres/statements/sql.ts";
import { projectFolder } from "../../components/project-folder.ts";
import { countOf, paint, print, printError, printFile, printJson } from "../print.ts";
import { selectApps } from "../select-apps.ts";
import { toVaultScript } from "./vault-script.ts";
import { toVerifierScript } from "./verifiers.ts";

/** The plan of a database and its statements on a fresh server; an entry of the `--json` output. */
interface PlannedApp {
  readonly app: string;
  readonly plan: DatabasePlan;
  /** In the order in which they run, with `‹verifier›` for each password. */
  readonly statements: readonly string[];
}

/** The verb: prints the plan of each app, from the stack file alone; verifiers need 1Password. */
export async function plan(args: {
  readonly stack: string;
  readonly file: string | undefined;
  readonly app: string | undefined;
  /** `sql` = a psql script for one app, which needs its `verifiers`; `vault` = for an administrator of Vault. */
  readonly form: "text" | "json" | "sql" | "verifiers" | "vault";
}): Promise<number> {
  const loaded = loadIdentifiedStack(args.stack, projectFolder, args.file);
  // The commands for a stack with berth:vaultFor are those for the apps of the other.
  const spec = args.form === "vault" ? (loaded.vaultFor ?? loaded) : loaded;
  const selected = selectApps(spec, args.app);
  for (const warning of spec.warnings) printError(`warning: ${warning}`);
  if (args.form === "vault") {
    printFile(toVaultScript(spec, selected));
    return 0;
  }
  const plans = selected.flatMap((app) => planDatabases(app, spec.postgres));
  if (args.form === "sql" || args.form === "verifiers") {
    const app = requireOne(selected, `--stack ${args.stack} --${args.form}`);
    if (args.form === "sql")
      printFile(toPsqlScript(planDatabases(app, spec.postgres), spec.postgres));
    else printFile(await toVerifierScript(spec, app));
    return 0;
  }
  const actions = decideFreshServer(plans, spec.postgres);
  if (args.form === "json") {
    const apps = plans.map((one, index) => toPlannedApp(one, actions[index] ?? []));
    printJson({ stack: spec.stack, apps });
    return 0;
  }
  for (const [index, one] of plans.entries()) printApp(one, actions[index] ?? []);
  const counts = `${countOf(selected.length, "app")}, ${countOf(actions.flat().length, "statement")}`;
  print(`planned: ${counts}, for a fresh Postgres 16 or newer; Berth connected to no server`);
  return 0;
}

function requireOne(apps: readonly AppSpec[], options: string): AppSpec {
  const [one, ...others] = apps;
  if (one !== undefined && others.length === 0) return one;
  throw new BerthError(`plan: a psql script is for one app, not for ${String(apps.length)}`, {
    hint: `name it: ${commandLine("plan", `${one?.name ?? "NAME"} ${options}`)}`,
  });
}

function toPlannedApp(one: DatabasePlan, actions: readonly Action[]): PlannedApp {
  return { app: one.app, plan: one, statements: actions.map(toText) };
}

function printApp(plan: DatabasePlan, actions: readonly Action[]): void {
  const { app, database, roles } = plan;
  const logins = roles
    .map(
      ({ name, profile, setRole }) =>
        `${name} (${setRole === undefined ? profile : `as ${setRole}`})`,
    )
    .join(", ");
  const inside = actions.findIndex(({ kind }) => kind === "create-database") + 1;
  const have = isFurther(plan) ? "" : `, roles ${logins}`;
  printComment(`app ${app}: database ${database.name}${have}`);
  for (const action of actions.slice(0, inside)) print(`${toText(action)};`);
  if (inside < actions.length) printComment(`in database ${database.name}`);
  for (const action of actions.slice(inside)) print(`${toText(action)};`);
  print();
}

function printComment(text: string): void {
  print(paint("dim", `-- ${text}`));
}

function toText(action: Action): string {
  return toStatement(action, hiddenVerifiers);
}
