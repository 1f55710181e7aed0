import { type Problem, problemWhen } from "../../../errors.ts";
import type { AppSpec, StackSpec } from "../../spec.ts";
import { fillPlaceholders } from "../../values/fill.ts";
import { toPlaceholders } from "../../values/placeholders.ts";
import { findMissingKeys } from "../../values/references.ts";
import { contentsOf, type LabelsOf } from "../../values/secret-contents.ts";
import { below } from "../names.ts";

export function findValueProblems(spec: Pick<StackSpec, "postgres" | "apps">): Problem[] {
  return spec.apps.flatMap((app) => {
    const { workload } = app;
    if (workload?.kind !== "helm") return [];
    const at = `berth:apps.${app.name}.workload.helm.values`;
    return [
      ...findLongNumbers(workload.values, at),
      ...fillValues(spec, app, () => undefined).problems.map((problem) => below(at, problem)),
    ];
  });
}

/**
 * The values of an app's chart, with what is wrong with them.
 *
 * @param labelsOf Labels of the items that have been read; they are keys of Secrets.
 */
export function fillValues(
  spec: Pick<StackSpec, "postgres">,
  app: AppSpec,
  labelsOf: LabelsOf,
): ReturnType<typeof fillPlaceholders> {
  const given = app.workload?.kind === "helm" ? app.workload.values : {};
  const { values, problems } = fillPlaceholders(given, toPlaceholders(spec, app, labelsOf));
  return {
    values,
    problems: [...problems, ...findMissingKeys(values, contentsOf(app, labelsOf))],
  };
}

/** Numbers that have lost digits already when Pulumi hands them over. */
function findLongNumbers(value: unknown, at: string): Problem[] {
  if (typeof value === "number") {
    return problemWhen(
      Number.isInteger(value) && !Number.isSafeInteger(value),
      at,
      "a number with too many digits: the chart would get another number",
      "put it in quotes",
    );
  }
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([key, inner]) =>
    findLongNumbers(inner, Array.isArray(value) ? `${at}[${key}]` : `${at}.${key}`),
  );
}
