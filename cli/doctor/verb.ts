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
  const printer = new FindingPrinter(printFinding);
  const findings = await diagnose(world, stack, (finding) => {
    if (!args.json) printer.add(finding);
  });
  const failed = countOf(findings, "failed");
  if (args.json) {
    printJson({ findings, ok: failed === 0 });
  } else {
    printer.end();
    print(formatCounts(findings));
    const first = findings.find(({ status }) => status === "failed");
    if (failed > 1 && first !== undefined) print(`do this first: ${first.fix ?? first.detail}`);
  }
  return failed === 0 ? 0 : 1;
}

/** Prints each finding at once, but those that are skipped for one cause, one after the other, together. */
export class FindingPrinter {
  readonly #print: (finding: Finding) => void;
  #skipped: Finding | undefined;

  constructor(print: (finding: Finding) => void) {
    this.#print = print;
  }

  add(finding: Finding): void {
    const before = this.#skipped;
    const { status, group, detail, name } = finding;
    if (status === "skipped" && before?.group === group && before.detail === detail) {
      this.#skipped = { ...before, name: `${before.name}, ${name}` };
      return;
    }
    this.end();
    if (status === "skipped") this.#skipped = finding;
    else this.#print(finding);
  }

  end(): void {
    if (this.#skipped !== undefined) this.#print(this.#skipped);
    this.#skipped = undefined;
  }
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
