import { writeSync } from "node:fs";
import path from "node:path";
import type { Reporter, TestModule } from "vitest/node";
import { projectFolder } from "../components/project-folder.ts";

/** What the table says of one file. */
export interface FileTime {
  readonly file: string;
  readonly project: string;
  readonly tests: number;
  readonly seconds: number;
}

/** A line for each file over a second, slowest first, and a line for each project. */
export function toTable(times: readonly FileTime[]): string {
  const slow = times.filter(({ seconds }) => seconds >= 1);
  const projects = Map.groupBy(times, ({ project }) => project);
  const totals = [...projects].map(([project, files]) => ({
    file: `${String(files.length)} files`,
    project,
    tests: files.reduce((sum, { tests }) => sum + tests, 0),
    seconds: files.reduce((sum, { seconds }) => sum + seconds, 0),
  }));
  const bySeconds = (rows: readonly FileTime[]) => rows.toSorted((a, b) => b.seconds - a.seconds);
  const toLine = ({ seconds, tests, project, file }: FileTime): string =>
    [seconds.toFixed(1).padStart(8), String(tests).padStart(6), project.padEnd(8), file].join("  ");
  return [
    " seconds   tests  project   file (all over one second)",
    ...bySeconds(slow).map(toLine),
    " seconds   tests  project   all together",
    ...bySeconds(totals).map(toLine),
  ].join("\n");
}

/** Prints how long each file took: its imports, hooks and tests. */
export default class FileTimes implements Reporter {
  onTestRunEnd(modules: readonly TestModule[]): void {
    const times = modules.map((module) => {
      const { collectDuration, setupDuration, duration } = module.diagnostic();
      return {
        file: path.relative(projectFolder, module.moduleId),
        project: module.project.name,
        tests: [...module.children.allTests()].length,
        seconds: (collectDuration + setupDuration + duration) / 1000,
      };
    });
    if (times.length > 1) writeSync(1, `\n${toTable(times)}\n`);
  }
}
