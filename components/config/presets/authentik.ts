import { loginEnv, type Preset } from "./preset.ts";

export const authentik: Preset = {
  chart: "authentik",
  repoURL: "https://charts.goauthentik.io",
  versions: ">=2026.2.0 <2027.0.0",
  seen: "2026.8.0",
  source:
    "https://github.com/goauthentik/helm/blob/main/charts/authentik/templates/server/deployment.yaml",
  values: {
    postgresql: { enabled: false },
    authentik: { postgresql: { host: "${host}", port: "${port}", name: "${database}" } },
    global: { env: loginEnv("AUTHENTIK_POSTGRESQL__USER", "AUTHENTIK_POSTGRESQL__PASSWORD") },
  },
};
