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
import type { StackFigures } from "./stacks.ts";
import type { TableFigures } from "./tables.ts";

const fleet: Fleet = { apps: 100_000, servers: 1_000, killed: 0.01 };
const runners = [1, 5, 25, 100];

/** Adds figures to those that were saved, in place of those of the same kind, and makes the pages from them. */
export async function saveMeasured(found: {
  readonly apps?: readonly Omit<MeasuredApps, "on">[];
  readonly tables?: TableFigures;
  readonly stacks?: StackFigures;
}): Promise<void> {
  const machine = describeMachine();
  const on = new Date().toISOString().slice(0, 10);
  const measured = addTo(readMeasured(), machine, {
    apps: (found.apps ?? []).map((one) => ({ ...one, on })),
    tables: found.tables && { ...found.tables, on },
    stacks: found.stacks && { ...found.stacks, on, with: machine },
  });
  writeFileSync(measuredFile, `${JSON.stringify(measured, undefined, 2)}\n`);
  if (measured.apps.length > 0) writeFileSync(plotFile, plotMeasured(measured));
  const readme = path.join(projectFolder, "dev/documents/readme.ts");
  await execa(process.execPath, [readme, "--write"], { cwd: projectFolder });
  const format = ["check", "--write", "docs/measured.json"];
  await execa("biome", format, { cwd: projectFolder, preferLocal: true });
}

/**
 * Figures of another machine or version are dropped: a page must not compare them with these. Those of several stacks are
 * compared with nothing.
 */
export function addTo(
  saved: Measured | undefined,
  machine: string,
  {
    apps = [],
    tables,
    stacks = saved?.stacks,
  }: Partial<Pick<Measured, "apps" | "tables" | "stacks">>,
): Measured {
  if (apps.length === 0 && tables === undefined) return { with: machine, apps, ...saved, stacks };
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
    ...(many && { tables: many }),
    ...(stacks && { stacks }),
    ...(usual.length === 0 ? {} : { simulation: { ...fleet, rows } }),
  };
}

function describeMachine(): string {
  const cores = `${String(availableParallelism())} cores (${cpus()[0]?.model.trim() ?? "unknown"})`;
  const pulumi = `Pulumi ${partVersion(partNamed("pulumi"))}`;
  return `${cores}, Node ${process.versions.node}, ${pulumi}, the embedded Postgres`;
}
