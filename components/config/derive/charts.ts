import { mergeValues } from "../presets/merge.ts";
import type { Preset } from "../presets/preset.ts";
import { findPreset, type PresetName, presets } from "../presets/presets.ts";
import type { AppEntry, StackConfig } from "../schema/stack.ts";

export type HelmEntry = NonNullable<NonNullable<AppEntry["workload"]>["helm"]>;

/**
 * Fills in what the entry leaves out: from `berth:charts`, then from the preset. An entry with a repository of its own
 * gets a preset only if it names one, because another repository may have another chart of that name.
 */
export function toChart(app: string, helm: HelmEntry, charts: StackConfig["charts"]) {
  const name = toPresetName(helm);
  const preset: Preset | undefined = name === undefined ? undefined : presets[name];
  const chart = helm.chart ?? preset?.chart;
  const defaults = charts?.[chart ?? ""];
  const names = [app, ...(name === undefined ? [] : [name]), "app", "main"];
  return {
    preset: name,
    chart,
    repoURL: helm.repoURL ?? defaults?.repoURL ?? preset?.repoURL,
    version: helm.version ?? defaults?.version,
    ...mergeValues(preset?.values ?? {}, helm.values ?? {}, names),
  };
}

/** The keys of the owner's Secret that the values of an entry's preset name. */
export function toPresetKeys({ workload }: AppEntry): Readonly<Record<string, string>> {
  const name = workload?.helm && toPresetName(workload.helm);
  const preset: Preset | undefined = name && presets[name];
  return preset?.keys ?? {};
}

function toPresetName({ preset, chart, repoURL }: HelmEntry): PresetName | undefined {
  if (preset === "none") return undefined;
  if (preset !== undefined) return preset;
  return chart === undefined || repoURL !== undefined ? undefined : findPreset(chart);
}
