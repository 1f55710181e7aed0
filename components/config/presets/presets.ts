import { miniflux, paperless } from "./app-template.ts";
import { authentik } from "./authentik.ts";
import { forgejo } from "./forgejo.ts";
import { gitea } from "./gitea.ts";
import { grafana } from "./grafana.ts";
import { infisical } from "./infisical.ts";
import { keycloak } from "./keycloak.ts";
import { n8n } from "./n8n.ts";
import { netbox } from "./netbox.ts";
import { nextcloud } from "./nextcloud.ts";
import type { Preset } from "./preset.ts";
import { vaultwarden } from "./vaultwarden.ts";

/** The charts that Berth knows, by the name of the preset. */
export const presets = {
  authentik,
  forgejo,
  gitea,
  grafana,
  infisical,
  keycloak,
  miniflux,
  n8n,
  netbox,
  nextcloud,
  paperless,
  vaultwarden,
} satisfies Readonly<Record<string, Preset>>;

export type PresetName = keyof typeof presets;

export const presetNames = Object.keys(presets) as readonly PresetName[];

/** The preset of a chart; undefined = there is none, or several apps are started by that chart. */
export function findPreset(chart: string): PresetName | undefined {
  const found = presetNames.filter((name) => presets[name].chart === chart);
  return found.length === 1 && chart !== "app-template" ? found[0] : undefined;
}
