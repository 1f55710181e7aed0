import { fromSecret, type Preset } from "./preset.ts";

export const grafana: Preset = {
  chart: "grafana",
  repoURL: "https://grafana-community.github.io/helm-charts",
  versions: ">=12.0.0 <13.0.0",
  seen: "12.11.1",
  source:
    "https://github.com/grafana-community/helm-charts/blob/main/charts/grafana/templates/_pod.tpl",
  values: {
    "grafana.ini": { database: { type: "postgres", host: "${host}:${port}", name: "${database}" } },
    envValueFrom: {
      GF_DATABASE_USER: fromSecret("username"),
      GF_DATABASE_PASSWORD: fromSecret("password"),
    },
  },
};
