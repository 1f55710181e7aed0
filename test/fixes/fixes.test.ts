import { readFileSync } from "node:fs";
import path from "node:path";
import { describe, expect, test } from "vitest";
import { collectFixes, type FixPlace } from "./collect.ts";
import { beyond, elsewhere, ofTables } from "./elsewhere.ts";
import { configRows } from "./rows/config-rows.ts";
import { deliveryRows } from "./rows/delivery-rows.ts";
import { doctorRows } from "./rows/doctor-rows.ts";
import { itemRows } from "./rows/item-rows.ts";
import { kubernetesRows } from "./rows/kubernetes-rows.ts";
import { reportRows } from "./rows/report-rows.ts";
import { scriptRows } from "./rows/script-rows.ts";
import { tlsRows } from "./rows/tls-rows.ts";
import { tunnelRows } from "./rows/tunnel-rows.ts";
import { verbRows } from "./rows/verb-rows.ts";
import { tryFix } from "./trial.ts";

/** Every fix that Berth prints: each is done as it says, and then what was refused works. */

const rows = [
  ...[...configRows, ...verbRows, ...reportRows, ...doctorRows, ...itemRows],
  ...[...kubernetesRows, ...tunnelRows, ...tlsRows, ...deliveryRows, ...scriptRows],
];

test.each(rows)("helps: $fix, where $when", tryFix);

describe("the tables", () => {
  const fixes = collectFixes();
  const tests = Object.entries(elsewhere).flatMap(([file, tried]) =>
    tried.map(([fix, of, title]) => ({ file, fix, of, title })),
  );
  const tried = [...rows, ...tests, ...beyond.map(([file, fix]) => ({ file, fix }))];
  const isOf = ({ file, fix }: { file: string; fix: string }, place: FixPlace): boolean =>
    file === place.file && place.text.trim().startsWith(fix);

  test("have each fix in the code", () => {
    expect(fixes.length).toBeGreaterThan(300);
    const isTried = (place: FixPlace): boolean =>
      ofTables.some(([folder]) => place.file.startsWith(folder)) ||
      tried.some((row) => isOf(row, place));
    const missing = fixes.filter((place) => !isTried(place));
    expect(missing.map(({ file, text }) => `${file}: ${text}`)).toEqual([]);
  });

  test("have no fix that the code has no more", () => {
    const gone = tried.filter((row) => !fixes.some((place) => isOf(row, place)));
    expect(gone.map(({ file, fix }) => `${file}: ${fix}`)).toEqual([]);
  });

  test("name tests that are there", () => {
    const read = (file: string): string =>
      readFileSync(path.join(import.meta.dirname, "..", file), "utf8");
    const named = [...tests, ...ofTables.map(([, of, title]) => ({ of, title }))];
    const gone = named.filter(({ of, title }) => !read(of).includes(title));
    expect(gone.map(({ of, title }) => `${of}: ${title}`)).toEqual([]);
  });
});
