import subset from "semver/ranges/subset.js";
import validRange from "semver/ranges/valid.js";
import { type Problem, problemAt, problemWhen } from "../../../errors.ts";
import { toChart } from "../../derive/charts.ts";
import { presetNames, presets } from "../../presets/presets.ts";
import type { StackConfig } from "../../schema/stack.ts";
import { below } from "../names.ts";

/** Charts that lack something, and values that a preset cannot be added to. */
export function findChartProblems(config: StackConfig): Problem[] {
  return chartsOf(config).flatMap(({ at, chart, repoURL, version, problems }) => {
    if (chart === undefined) return [problemAt(`${at}.chart`, `missing; or name a \`preset\``)];
    const where = `berth:charts.${chart}`;
    return [
      ...problemWhen(
        repoURL === undefined,
        `${at}.repoURL`,
        `missing, and Berth knows no chart "${chart}"; set it here or as ${where}.repoURL; the presets are ${presetNames.join(", ")}`,
      ),
      ...problemWhen(
        version === undefined,
        `${at}.version`,
        `missing; set it here or as ${where}.version`,
      ),
      ...problems.map((problem) => below(`${at}.values`, problem)),
    ];
  });
}

/** Charts in a version that their preset may not fit. */
export function findChartWarnings(config: StackConfig): string[] {
  return chartsOf(config).flatMap(({ app, preset, version = "" }) => {
    if (preset === undefined) return [];
    const { chart, versions, source } = presets[preset];
    const range = validRange(version);
    if (range !== null && subset(range, versions, { includePrerelease: true })) return [];
    return [
      `app ${app}: chart ${chart} ${version}: the preset ${preset} is for ${versions}; compare its database values with ${source}, and set what differs`,
    ];
  });
}

function chartsOf(config: StackConfig) {
  return Object.entries(config.apps).flatMap(([app, entry]) => {
    const helm = entry?.workload?.helm;
    if (helm === undefined) return [];
    const at = `berth:apps.${app}.workload.helm`;
    return [{ app, at, ...toChart(app, helm, config.charts) }];
  });
}
