import { fromSecret, type Preset } from "./preset.ts";

/** The chart's workers and webhooks take the configuration of `main`, but not its environment. */
const extraEnv = {
  DB_POSTGRESDB_USER: { valueFrom: fromSecret("username") },
  DB_POSTGRESDB_PASSWORD: { valueFrom: fromSecret("password") },
};

export const n8n: Preset = {
  chart: "n8n",
  repoURL: "8gears.container-registry.com/library",
  versions: ">=1.0.0 <2.0.0",
  seen: "1.1.0",
  source: "https://github.com/8gears/n8n-helm-chart/blob/main/charts/n8n/templates/deployment.yaml",
  values: {
    main: {
      config: {
        db: {
          type: "postgresdb",
          postgresdb: { host: "${host}", port: "${port}", database: "${database}" },
        },
      },
      extraEnv,
    },
    worker: { extraEnv },
    webhook: { extraEnv },
  },
};
