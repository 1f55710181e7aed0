import type { Preset } from "./preset.ts";

export const keycloak: Preset = {
  chart: "keycloakx",
  repoURL: "https://codecentric.github.io/helm-charts",
  versions: ">=7.0.0 <8.0.0",
  seen: "7.1.11",
  source:
    "https://github.com/codecentric/helm-charts/blob/master/charts/keycloakx/templates/statefulset.yaml",
  values: {
    database: {
      vendor: "postgres",
      hostname: "${host}",
      port: "${port}",
      database: "${database}",
      username: "${role}",
      existingSecret: "${secret}",
      existingSecretKey: "password",
    },
  },
};
