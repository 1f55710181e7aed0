import type { Preset } from "./preset.ts";

export const netbox: Preset = {
  chart: "netbox",
  repoURL: "ghcr.io/netbox-community/netbox-chart",
  versions: ">=8.0.0 <9.0.0",
  seen: "8.3.61",
  source: "https://github.com/netbox-community/netbox-chart/blob/main/charts/netbox/values.yaml",
  values: {
    postgresql: { enabled: false },
    externalDatabase: {
      host: "${host}",
      port: "${port}",
      database: "${database}",
      username: "${role}",
      existingSecretName: "${secret}",
      existingSecretKey: "password",
    },
  },
};
