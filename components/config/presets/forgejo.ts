import { loginEnv, type Preset } from "./preset.ts";

export const forgejo: Preset = {
  chart: "forgejo",
  repoURL: "code.forgejo.org/forgejo-helm",
  versions: ">=14.0.0 <16.0.0",
  seen: "15.0.0",
  source:
    "https://code.forgejo.org/forgejo-helm/forgejo-helm/src/branch/main/templates/gitea/deployment.yaml",
  values: {
    gitea: {
      config: { database: { DB_TYPE: "postgres", HOST: "${host}:${port}", NAME: "${database}" } },
      additionalConfigFromEnvs: loginEnv("FORGEJO__DATABASE__USER", "FORGEJO__DATABASE__PASSWD"),
    },
  },
};
