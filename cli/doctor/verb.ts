import { projectFolder } from "../../components/project-folder.ts";
import type { StackArgs } from "../define-verb.ts";
import { countOf, paint, print, printJson } from "../print.ts";
import { diagnose } from "./diagnose.ts";
import type { Finding } from "./report.ts";
import { openWorld } from "./world.ts";

/** The verb: prints each finding at once and answers with the exit code. */
export async function doctor(args: StackArgs & { readonly json: boolean }): Promise<number> {
  const world = openWorld(projectFolder);
  const stack = { name: args.stack, file: args.file };
  const printer = new FindingPrinter(printFinding);
  const findings = await diagnose(world, stack, (finding) => {
    if (!args.json) printer.add(finding);
  });
  const [first, ...more] = findings.filter(({ status }) => status === "failed");
  const ok = first === undefined;
  if (args.json) {
    printJson({ findings, ok });
  } else {
    printer.end();
    print(formatCounts(findings));
    if (!ok && more.length > 0) print(`do this first: ${first.fix ?? first.detail}`);
  }
  return ok ? 0 : 1;
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

/** `23 ok, 1 warning, 0 failed`, and the number of skipped checks if there are any. */
export function formatCounts(findings: readonly Finding[]): string {
  const count = (status: Finding["status"]): number =>
    findings.filter((finding) => finding.status === status).length;
  const skipped = count("skipped") === 0 ? "" : `, ${String(count("skipped"))} skipped`;
  return `${String(count("ok"))} ok, ${countOf(count("warning"), "warning")}, ${String(count("failed"))} failed${skipped}`;
}
