import { loadIdentifiedStack } from "../../components/engine/stack-identity.ts";
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
import type { AppArgs } from "../define-verb.ts";
import { countOf, paint, print, printError, printFile, printJson } from "../print.ts";
import { requireOne, selectApps } from "../select-apps.ts";
import { toVaultScript } from "./vault-script.ts";

/** The plan of a database and its statements on a fresh server; an entry of the `--json` output. */
interface PlannedApp {
  readonly app: string;
  readonly plan: DatabasePlan;
  /** In the order in which they run, with `‹verifier›` for each password. */
  readonly statements: readonly string[];
}

/** The verb: prints the plan of each app, from the stack file alone; verifiers need 1Password. */
export async function plan(
  args: AppArgs & {
    /** `sql` = a psql script for one app, which needs its `verifiers`; `vault` = for an administrator of Vault. */
    readonly form: "text" | "json" | "sql" | "verifiers" | "vault";
  },
): Promise<number> {
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
    const options = `--stack ${args.stack} --${args.form}`;
    const app = requireOne(selected, "plan", { what: "a psql script", options });
    if (args.form === "sql") {
      printFile(toPsqlScript(planDatabases(app, spec.postgres), spec.postgres));
      return 0;
    }
    // Only this form needs 1Password's client.
    const { toVerifierScript } = await import("./verifiers.ts");
    printFile(await toVerifierScript(spec, app));
    return 0;
  }
  const actions = decideFreshServer(plans, spec.postgres);
  if (args.form === "json") {
    const apps = plans.map((one, index): PlannedApp => {
      return { app: one.app, plan: one, statements: (actions[index] ?? []).map(toText) };
    });
    printJson({ stack: spec.stack, apps });
    return 0;
  }
  for (const [index, one] of plans.entries()) printApp(one, actions[index] ?? []);
  const counts = `${countOf(selected.length, "app")}, ${countOf(actions.flat().length, "statement")}`;
  print(`planned: ${counts}, for a fresh Postgres 16 or newer; Berth connected to no server`);
  return 0;
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
