/** An app that people run, with the entry that gives it its login as it reads it. */
export interface AppRow {
  readonly app: string;
  /** YAML of the entry. */
  readonly entry: string;
  /** Keys of the Secret that the app logs in with; what is left out stands in its own settings. */
  readonly reads:
    | { readonly url: string }
    | { readonly host?: string; readonly user?: string; readonly password: string };
}

/** The password's label is the app's own, and the item holds more than the login. */
function named(title: string, label: string): string {
  return `item: { title: ${title}, password: ${label} }`;
}

/** An app that reads single settings under names of its own. */
function settings(
  app: string,
  label: string,
  [host, user, password]: readonly string[],
  databases: readonly string[] = [],
): AppRow {
  const keys = [
    ...(host === "" ? [] : [`      ${String(host)}: "\${host}"`]),
    `      ${String(user)}: "\${user}"`,
    `      ${String(password)}: "\${password}"`,
  ];
  const names = { user: String(user), password: String(password) };
  return {
    app,
    entry: [
      `owner:`,
      `    ${named(app, label)}`,
      `    keys:`,
      ...keys,
      ...(databases.length === 0 ? [] : [`  database: { names: [${databases.join(", ")}] }`]),
    ].join("\n"),
    reads: host === "" ? names : { host: String(host), ...names },
  };
}

/** An app that reads a URL. */
function url(app: string, key: string, { label = "", template = "${uri}" } = {}): AppRow {
  const keys = `keys: { ${key}: "${template}" }`;
  const item = label === "" ? [] : [`    ${named(app, label)}`];
  return { app, entry: ["owner:", ...item, `    ${keys}`].join("\n"), reads: { url: key } };
}

/** A chart that takes the Secret's name and its keys. */
function chart(app: string, reads: AppRow["reads"], entry = "{}"): AppRow {
  return { app, entry, reads };
}

/** The apps that call their two databases `…_main` and `…_log`. */
function withLog(app: string): AppRow {
  const prefix = app.replaceAll("-", "_");
  const variable = `${app.split("-")[0]?.toUpperCase() ?? ""}__POSTGRES`;
  return settings(
    app,
    `${prefix.toUpperCase()}_POSTGRES_PASSWORD`,
    [`${variable}__HOST`, `${variable}__USER`, `${variable}__PASSWORD`],
    [`${prefix}_main`, `${prefix}_log`],
  );
}

export const rows: readonly AppRow[] = [
  url("atuin", "ATUIN_DB_URI", { label: "ATUIN_POSTGRES_PASS" }),
  settings("autobrr", "AUTOBRR_POSTGRES_PASS", [
    "AUTOBRR__POSTGRES_HOST",
    "AUTOBRR__POSTGRES_USER",
    "AUTOBRR__POSTGRES_PASS",
  ]),
  settings("bazarr", "BAZARR_POSTGRES_PASS", [
    "POSTGRES_HOST",
    "POSTGRES_USERNAME",
    "POSTGRES_PASSWORD",
  ]),
  settings("bookorbit", "BOOKORBIT_POSTGRES_PASS", [
    "POSTGRES_HOST",
    "POSTGRES_USER",
    "POSTGRES_PASSWORD",
  ]),
  settings("dashbrr", "DASHBRR_POSTGRES_PASSWORD", [
    "DASHBRR__DB_HOST",
    "DASHBRR__DB_USER",
    "DASHBRR__DB_PASSWORD",
  ]),
  url("gatus", "GATUS_DATABASE_URL", {
    label: "GATUS_POSTGRES_PASS",
    template: "${uri}?sslmode=${sslmode}",
  }),
  chart("grafana", { user: "username", password: "password" }),
  url("immich", "DB_URL", { label: "IMMICH_POSTGRES_PASS" }),
  url("infisical", "uri"),
  chart("keycloak", { password: "password" }),
  withLog("lidarr"),
  url("linkwarden", "DATABASE_URL", { label: "LINKWARDEN_DB_PASSWORD" }),
  url("livingdex", "DATABASE_URL", { label: "LIVINGDEX_POSTGRES_PASSWORD" }),
  url("miniflux", "DATABASE_URL", { template: "${uri}?sslmode=${sslmode}" }),
  settings("n8n", "N8N_POSTGRES_PASSWORD", [
    "DB_POSTGRESDB_HOST",
    "DB_POSTGRESDB_USER",
    "DB_POSTGRESDB_PASSWORD",
  ]),
  chart("netbox", { password: "password" }),
  chart("nextcloud", { user: "username", password: "password" }),
  url("outline", "DATABASE_URL", { label: "OUTLINE_POSTGRES_PASSWORD" }),
  settings("paperless", "POSTGRES_PASS", [
    "PAPERLESS_DBHOST",
    "PAPERLESS_DBUSER",
    "PAPERLESS_DBPASS",
  ]),
  url("pocket-id", "DB_CONNECTION_STRING", { label: "POCKET_ID_POSTGRES_PASSWORD" }),
  withLog("prowlarr"),
  withLog("radarr"),
  withLog("radarr-uhd"),
  settings("romm", "ROMM_POSTGRES_PASSWORD", ["DB_HOST", "DB_USER", "DB_PASSWD"]),
  settings("sonarr", "SONARR_POSTGRES_PASSWORD", [
    "SONARR__POSTGRES__HOST",
    "SONARR__POSTGRES__USER",
    "SONARR__POSTGRES__PASSWORD",
  ]),
  settings("suwayomi", "SUWAYOMI_POSTGRES_PASSWORD", [
    "",
    "SUWAYOMI_POSTGRES_USER",
    "SUWAYOMI_POSTGRES_PASSWORD",
  ]),
  settings("tranga", "TRANGA_POSTGRES_PASSWORD", ["", "POSTGRES_USER", "POSTGRES_PASSWORD"]),
  url("vaultwarden", "uri"),
];
