import type { Preset } from "./preset.ts";

export const nextcloud: Preset = {
  chart: "nextcloud",
  repoURL: "https://nextcloud.github.io/helm",
  versions: ">=9.0.0 <10.0.0",
  seen: "9.2.4",
  source: "https://github.com/nextcloud/helm/blob/main/charts/nextcloud/templates/_helpers.tpl",
  values: {
    internalDatabase: { enabled: false },
    externalDatabase: {
      enabled: true,
      type: "postgresql",
      host: "${host}:${port}",
      database: "${database}",
      existingSecret: {
        enabled: true,
        secretName: "${secret}",
        usernameKey: "username",
        passwordKey: "password",
      },
    },
  },
};
