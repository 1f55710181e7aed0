import type { Preset } from "./preset.ts";

/** The chart has no other way to a database of one's own than a URL in a Secret. */
const key = "DB_CONNECTION_URI";

export const infisical: Preset = {
  chart: "infisical-standalone",
  repoURL: "https://dl.cloudsmith.io/public/infisical/helm-charts/helm/charts/",
  versions: ">=1.7.0 <2.0.0",
  seen: "1.7.5",
  source:
    "https://github.com/Infisical/infisical/blob/main/helm-charts/infisical-standalone-postgres/templates/infisical.yaml",
  values: {
    postgresql: {
      enabled: false,
      useExistingPostgresSecret: {
        enabled: true,
        existingConnectionStringSecret: { name: "${secret}", key },
      },
    },
  },
  keys: { [key]: "${uri}?sslmode=${sslmode}" },
};
