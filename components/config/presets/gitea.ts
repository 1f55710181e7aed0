import { loginEnv, type Preset } from "./preset.ts";

export const gitea: Preset = {
  chart: "gitea",
  repoURL: "https://dl.gitea.com/charts",
  versions: ">=10.0.0 <13.0.0",
  seen: "12.0.0",
  source: "https://gitea.com/gitea/helm-gitea/src/branch/main/README.md",
  values: {
    postgresql: { enabled: false },
    "postgresql-ha": { enabled: false },
    gitea: {
      config: { database: { DB_TYPE: "postgres", HOST: "${host}:${port}", NAME: "${database}" } },
      additionalConfigFromEnvs: loginEnv("GITEA__DATABASE__USER", "GITEA__DATABASE__PASSWD"),
    },
  },
};
