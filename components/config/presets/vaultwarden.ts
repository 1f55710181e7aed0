import type { Preset } from "./preset.ts";

export const vaultwarden: Preset = {
  chart: "vaultwarden",
  repoURL: "https://guerzon.github.io/vaultwarden",
  versions: ">=0.43.0 <0.44.0",
  seen: "0.43.1",
  source:
    "https://github.com/guerzon/vaultwarden/blob/main/charts/vaultwarden/templates/_podSpec.tpl",
  values: {
    database: {
      type: "postgresql",
      host: "${host}",
      port: "${port}",
      dbName: "${database}",
      existingSecret: "${secret}",
      existingSecretUserKey: "username",
      existingSecretPasswordKey: "password",
    },
  },
};
