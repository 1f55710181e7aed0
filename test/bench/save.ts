import { writeFileSync } from "node:fs";
import { availableParallelism, cpus } from "node:os";
import path from "node:path";
import { execa } from "execa";
import { projectFolder } from "../../components/project-folder.ts";
import {
  type Measured,
  type MeasuredApps,
  measuredFile,
  plotFile,
  plotMeasured,
  readMeasured,
} from "../../dev/documents/measured.ts";
import { partNamed, partVersion } from "../../toolchain/parts.ts";
import { type Fleet, simulate } from "./simulate.ts";
import type { TableFigures } from "./tables.ts";

const fleet: Fleet = { apps: 100_000, servers: 1_000, killed: 0.01 };
const runners = [1, 5, 25, 100];

/** Adds figures to those that were saved, in place of those of the same kind, and makes the pages from them. */
export async function saveMeasured(found: {
  readonly apps?: readonly MeasuredApps[];
  readonly tables?: TableFigures;
}): Promise<void> {
  const before = readMeasured();
  const measured = addTo(before, describeMachine(), found);
  writeFileSync(measuredFile, `${JSON.stringify(measured, undefined, 2)}\n`);
  if (measured.apps.length > 0) writeFileSync(plotFile, plotMeasured(measured));
  const readme = path.join(projectFolder, "dev/documents/readme.ts");
  await execa(process.execPath, [readme, "--write"], { cwd: projectFolder });
  const format = ["check", "--write", "docs/measured.json"];
  await execa("biome", format, { cwd: projectFolder, preferLocal: true });
}

/** Figures of another machine or day are dropped: a page must not compare them with these. */
export function addTo(
  saved: Measured | undefined,
  machine: string,
  { apps = [], tables }: Parameters<typeof saveMeasured>[0],
): Measured {
  const before = saved?.with === machine ? saved : undefined;
  const isSame = (a: MeasuredApps, b: MeasuredApps): boolean =>
    a.n === b.n && a.superuser === b.superuser;
  const kept = (before?.apps ?? []).filter((one) => !apps.some((other) => isSame(one, other)));
  const all = [...kept, ...apps].toSorted(
    (a, b) => Number(a.superuser) - Number(b.superuser) || a.n - b.n,
  );
  const usual = all.filter(({ superuser }) => !superuser);
  const many = tables ?? before?.tables;
  const rows = usual.length === 0 ? [] : runners.map((count) => simulate(fleet, usual, count));
  return {
    with: machine,
    apps: all,
    ...(many === undefined ? {} : { tables: many }),
    ...(usual.length === 0 ? {} : { simulation: { ...fleet, rows } }),
  };
}

function describeMachine(): string {
  const day = new Date().toISOString().slice(0, 10);
  const cores = `${String(availableParallelism())} cores (${cpus()[0]?.model.trim() ?? "unknown"})`;
  const pulumi = `Pulumi ${partVersion(partNamed("pulumi"))}`;
  return `${cores}, Node ${process.versions.node}, ${pulumi}, the embedded Postgres, on ${day}`;
}
