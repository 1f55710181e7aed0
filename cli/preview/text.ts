import { risks } from "../../components/postgres/statements/risks.ts";
import { paint, print } from "../print.ts";
import type { AppPreview, Change, StackPreview } from "./model.ts";

/** `2 apps new, 1 changes, 12 unchanged`, for both forms. */
export function summarize(preview: StackPreview): string {
  const { apps, unchangedApps, notComparedApps } = preview;
  const count = (change: AppPreview["change"]): number =>
    apps.filter((app) => app.change === change).length;
  const parts = [
    ...(["new", "changes", "leaves", "refused"] as const).map(
      (change) => [count(change), change] as const,
    ),
    [unchangedApps.length, "unchanged"] as const,
    [notComparedApps.length, "not compared"] as const,
  ];
  const shown = parts.filter(([n]) => n > 0).map(([n, what]) => `${String(n)} ${what}`);
  return shown.length === 0 ? "no apps" : `apps: ${shown.join(", ")}`;
}

/** `drop (wiki), access (shop, wiki)`, or `none`. */
export function summarizeRisks(preview: StackPreview): string {
  const kinds = risks.flatMap((risk) => {
    const apps = preview.risks.filter((one) => one.risk === risk).map(({ app = "stack" }) => app);
    return apps.length === 0 ? [] : [`${risk} (${[...new Set(apps)].join(", ")})`];
  });
  if (preview.notComparedApps.length > 0)
    kinds.push("not known of the apps that were not compared");
  return kinds.length === 0 ? "none" : kinds.join(", ");
}

export const signOf: Readonly<Record<Change, string>> = {
  create: "+",
  update: "~",
  replace: "+-",
  delete: "-",
};

const colourOf = {
  new: "green",
  changes: "yellow",
  leaves: "red",
  refused: "red",
} as const satisfies Readonly<Record<AppPreview["change"], string>>;

export function printPreview(preview: StackPreview): void {
  const { stack, apps, shared } = preview;
  if (preview.unchanged) {
    printAll("note", shared.notes);
    print(`stack ${stack}: no changes`);
    return;
  }
  for (const app of apps) {
    print(paint("bold", app.app), ": ", paint(colourOf[app.change], app.change));
    printPart(app, app.properties);
  }
  if (hasContent(shared)) {
    print(paint("bold", "for all apps"));
    printPart(shared, []);
  }
  const left = preview.notComparedApps.join(", ");
  if (left !== "") print(`not compared, because the run stopped at the errors above: ${left}`);
  print(`stack ${stack}: ${summarize(preview)}`);
  print(`risk: ${summarizeRisks(preview)}`);
}

export function hasContent(part: StackPreview["shared"]): boolean {
  const { statements, things, notes, errors } = part;
  return statements.length + things.length + notes.length + errors.length > 0;
}

function printPart(
  { statements, things, notes, errors }: StackPreview["shared"],
  properties: readonly string[],
): void {
  printAll("error", errors);
  printAll("note", notes);
  if (statements.length === 0 && properties.length > 0) {
    print(`  changes: ${properties.join(", ")}`);
  }
  for (const { words, sql, risk } of statements) {
    print(`  ${words}`, ...(risk === undefined ? [] : ["  ", paint("red", risk)]));
    print(paint("dim", `      ${sql};`));
  }
  for (const { kind, name, change } of things) print(`  ${signOf[change]} ${kind} ${name}`);
}

function printAll(kind: "note" | "error", texts: readonly string[]): void {
  for (const text of texts) {
    print(
      paint(kind === "error" ? "red" : "yellow", `  ${kind}`),
      `: ${text.replaceAll("\n", "\n  ")}`,
    );
  }
}
