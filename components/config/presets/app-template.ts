import { fromSecret, type Preset, type Values } from "./preset.ts";

/** Apps that have no chart of their own are started by bjw-s' chart. Each needs its own environment. */
function onAppTemplate(source: string, env: Values, keys: Preset["keys"] = {}): Preset {
  return {
    keys,
    chart: "app-template",
    repoURL: "https://bjw-s-labs.github.io/helm-charts",
    versions: ">=4.0.0 <5.0.0",
    seen: "4.1.1",
    source,
    values: { controllers: { "*": { containers: { "*": { env } } } } },
  };
}

export const paperless = onAppTemplate("https://docs.paperless-ngx.com/configuration/#database", {
  PAPERLESS_DBENGINE: "postgresql",
  PAPERLESS_DBHOST: "${host}",
  PAPERLESS_DBPORT: "${port}",
  PAPERLESS_DBNAME: "${database}",
  PAPERLESS_DBUSER: { valueFrom: fromSecret("username") },
  PAPERLESS_DBPASS: { valueFrom: fromSecret("password") },
});

export const miniflux = onAppTemplate(
  "https://miniflux.app/docs/configuration.html#database-url",
  { DATABASE_URL: { valueFrom: fromSecret("DATABASE_URL") } },
  { DATABASE_URL: "${uri}?sslmode=${sslmode}" },
);
