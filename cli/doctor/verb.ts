import { projectFolder } from "../../components/project-folder.ts";
import { paint, print, printJson } from "../print.ts";
import { diagnose } from "./diagnose.ts";
import type { Finding } from "./report.ts";
import { openWorld } from "./world.ts";

/** The verb: prints each finding at once and answers with the exit code. */
export async function doctor(args: {
  readonly stack: string;
  readonly file: string | undefined;
  readonly json: boolean;
}): Promise<number> {
  const world = openWorld(projectFolder);
  const stack = { name: args.stack, file: args.file };
  const findings = await diagnose(world, stack, args.json ? () => undefined : printFinding);
  const failed = countOf(findings, "failed");
  if (args.json) {
    printJson({ findings, ok: failed === 0 });
  } else {
    print(formatCounts(findings));
  }
  return failed === 0 ? 0 : 1;
}

const colours = { ok: "green", warning: "yellow", failed: "red", skipped: "dim" } as const;

function printFinding({ group, name, status, detail, fix }: Finding): void {
  print(paint(colours[status], status.padEnd(7)), ` ${group}  ${name}: ${detail}`);
  if (fix !== undefined) print(`${" ".repeat(8)}fix: ${fix}`);
}

/** `23 ok, 1 warnings, 0 failed`, and the number of skipped checks if there are any. */
export function formatCounts(findings: readonly Finding[]): string {
  const count = (status: Finding["status"]): string => String(countOf(findings, status));
  const skipped = countOf(findings, "skipped") === 0 ? "" : `, ${count("skipped")} skipped`;
  return `${count("ok")} ok, ${count("warning")} warnings, ${count("failed")} failed${skipped}`;
}

function countOf(findings: readonly Finding[], status: Finding["status"]): number {
  return findings.filter((finding) => finding.status === status).length;
}
