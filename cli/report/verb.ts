import { writeFileSync } from "node:fs";
import { loadStackFromFile } from "../../components/config/load.ts";
import { BerthError } from "../../components/errors.ts";
import type { Access } from "../../components/postgres/plan/access-matrix.ts";
import { projectFolder } from "../../components/project-folder.ts";
import { toTerminalText } from "../../components/terminal-text.ts";
import { type AppArgs, refuseAppOfAdmin } from "../define-verb.ts";
import { countOf, paint, print, printFile, printJson, withProgress } from "../print.ts";
import { selectApps } from "../select-apps.ts";
import { toWriteFailure } from "../stack-file.ts";
import { printMarkdownTable, printTable } from "../terminal/table.ts";
import { toAdminRunbook } from "./admin-runbook.ts";
import { type AppReport, describeKeys, toReport } from "./app-report.ts";
import { toMermaid } from "./page/mermaid.ts";
import { toStackReport } from "./page/model.ts";
import { toPage } from "./page/page.ts";
import type { Reach } from "./reach.ts";
import { toRunbook } from "./runbook.ts";
import { listSecretPaths, type SecretPath } from "./secret-paths.ts";

export interface ReportArgs extends AppArgs {
  readonly form: "text" | "json" | "markdown" | "runbook" | "html" | "mermaid";
  /** Read the server, for own and foreign roles as they are. */
  readonly live: boolean;
  /** File for the output; undefined = standard output. */
  readonly out: string | undefined;
  /** For a runbook: only this role, by its key; undefined = all. */
  readonly role: string | undefined;
  /** For a runbook: of the admin role. */
  readonly admin: boolean;
}

/** The verb: who may do what, and where each item goes; from the stack file alone, or with what is on the server. */
export async function report(args: ReportArgs): Promise<number> {
  const { stack, file, form } = args;
  if (args.live && form !== "html" && form !== "json") {
    throw new BerthError("report: --live is for --html and --json", {
      hint: "add one of them, or leave out --live",
    });
  }
  if (args.admin) refuseAppOfAdmin("report", args.app);
  if ((args.role !== undefined || args.admin) && form !== "runbook") {
    const option = args.admin ? "--admin" : "--role";
    throw new BerthError(`report: ${option} is for --runbook`, { hint: "add --runbook" });
  }
  if (args.out !== undefined && (form === "text" || form === "json" || form === "markdown")) {
    throw new BerthError("report: --out is for --html, --mermaid and --runbook", {
      hint: "add one of them, or use > FILE",
    });
  }
  const { spec, live } = args.live
    ? await withProgress("reading the server", async () => {
        const { loadLiveStack } = await import("./page/live.ts");
        return await loadLiveStack(stack, file);
      })
    : { spec: loadStackFromFile(stack, projectFolder, file), live: undefined };
  const selected = selectApps(spec, args.app);
  switch (form) {
    case "runbook":
      return write(
        args,
        toTerminalText(args.admin ? toAdminRunbook(spec) : toRunbook(selected, spec, args.role)),
      );
    case "html":
      return write(args, toPage(toStackReport(spec, selected, live)));
    case "mermaid":
      return write(args, toMermaid(toStackReport(spec, selected, live)));
    case "json": {
      const whole = toStackReport(spec, selected, live);
      const apps = whole.apps.map((chain, index) => {
        const app = selected[index];
        return app === undefined ? chain : { ...toReport(app, spec), ...chain };
      });
      printJson({ ...whole, apps });
      return 0;
    }
    case "text":
    case "markdown":
      printApps(
        selected.map((app) => toReport(app, spec)),
        listSecretPaths(spec, selected),
        form === "markdown",
      );
      return 0;
  }
}

function write({ out }: ReportArgs, text: string): number {
  if (out === undefined) printFile(text);
  else {
    try {
      writeFileSync(out, text);
    } catch (error) {
      throw toWriteFailure(`report: ${out} could not be written`, error);
    }
    print(`wrote ${out}`);
  }
  return 0;
}

function printApps(
  apps: readonly AppReport[],
  paths: readonly SecretPath[],
  isMarkdown: boolean,
): void {
  for (const app of apps) printApp(app, isMarkdown);
  if (paths.length > 0) printPaths(paths, isMarkdown);
  const roles = apps.flatMap((app) =>
    app.access.rows.filter(({ profile }) => profile !== undefined),
  );
  const secrets = apps.flatMap((app) => app.secrets);
  const counts = [
    countOf(apps.length, "app"),
    countOf(roles.length, "role"),
    countOf(secrets.length, "Secret"),
  ];
  print(`reported: ${counts.join(", ")}, from the stack file; Berth connected to no server`);
}

function printApp(
  { app, namespace, database, furtherDatabases = [], access, reach, secrets }: AppReport,
  isMarkdown: boolean,
): void {
  const names = [database, ...furtherDatabases];
  const databases = `${names.length === 1 ? "database" : "databases"} ${names.join(", ")}`;
  printTitle(`app ${app}: ${databases}, namespace ${namespace}`, isMarkdown);
  const roles = access.rows.map(({ role, profile, access: granted }) => [
    role,
    profile ?? "",
    ...access.columns.map((column) => describeAccess(granted[column])),
  ]);
  const printRows = isMarkdown ? printMarkdownTable : printTable;
  printRows(["role", "profile", ...access.columns], roles);
  if (reach.length > 0) {
    const rows = reach.map((one) => [
      one.role,
      one.app,
      one.memberOf,
      one.database ?? "(not of this stack)",
      describeReach(one),
    ]);
    printRows(["role", "of app", "as a member of", "database", "privileges"], rows);
  }
  const items = secrets.map((one) => [
    one.source,
    one.item,
    one.secret,
    one.kind ?? "",
    one.namespaces.join(", "),
    one.role ?? "",
    describeKeys(one),
  ]);
  const head = ["from", "item", "Secret", "made by", "namespaces", "of role", "keys"];
  printRows(head, items);
}

function printPaths(paths: readonly SecretPath[], isMarkdown: boolean): void {
  printTitle("paths in Vault", isMarkdown);
  const rows = paths.map((one) => [
    one.path,
    one.engine ?? "",
    describeKeys(one),
    one.producer,
    one.consumers.join("; "),
  ]);
  const printRows = isMarkdown ? printMarkdownTable : printTable;
  printRows(["path", "engine", "keys", "written by", "read by"], rows);
}

function printTitle(title: string, isMarkdown: boolean): void {
  print(isMarkdown ? `## ${title}\n` : paint("bold", title));
}

function describeReach({ access }: Reach): string {
  const columns = Object.entries(access).map(
    ([column, granted]) => `${column}: ${describeAccess(granted)}`,
  );
  return columns.join("; ") || "those of that role";
}

function describeAccess(access: Access | undefined): string {
  const now = access?.now.join(", ") ?? "";
  const later = access?.later.join(", ") ?? "";
  if (later === "" || later === now) return now || "-";
  return `${now || "-"} (future ones: ${later})`;
}
