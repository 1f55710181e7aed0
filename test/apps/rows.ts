/** An app that people run, with the entry that gives it its login as it reads it. */
export interface AppRow {
  readonly app: string;
  /** YAML of the entry. */
  readonly entry: string;
  /** Keys of the Secret that the app logs in with; what is left out stands in its own settings. */
  readonly reads:
    | { readonly url: string }
    | {
        readonly host?: string;
        readonly user?: string;
        readonly password: string;
        readonly database?: string;
      };
}

/** The password's label is the app's own, and the item holds more than the login. */
function named(title: string, label: string): string {
  return `item: { title: ${title}, password: ${label} }`;
}

/** Of a line of the page, in characters. */
const width = 100;

/** `keys` as a person would write them: as many in a line as there is room for. */
function writeKeys(keys: Readonly<Record<string, string>>): readonly string[] {
  const lines = ["    keys: {"];
  const pairs = Object.entries(keys).map(([key, template]) => `${key}: "${template}"`);
  for (const [index, pair] of pairs.entries()) {
    const text = ` ${pair}${index === pairs.length - 1 ? " }" : ","}`;
    const line = lines.at(-1) ?? "";
    if (line.length + text.length <= width) lines[lines.length - 1] = line + text;
    else lines.push(`     ${text}`);
  }
  return lines;
}

interface Settings {
  readonly label: string;
  /** Keys of the Secret, by what they hold. What is left out stands in the app's own settings. */
  readonly keys: Readonly<Record<"user" | "password", string>> &
    Readonly<Partial<Record<"host" | "database", string>>>;
  /** What the entry says of the database; with none it has the app's name. */
  readonly database?: string;
}

/** An app that reads single settings under names of its own. */
function settings(app: string, { label, keys, database }: Settings): AppRow {
  const templates = Object.entries(keys).map(([value, key]) => [key, `\${${value}}`] as const);
  return {
    app,
    entry: [
      "owner:",
      `    ${named(app, label)}`,
      ...writeKeys(Object.fromEntries(templates)),
      ...(database === undefined ? [] : [`  database: ${database}`]),
    ].join("\n"),
    reads: keys,
  };
}

/** An app that reads a URL. */
function url(app: string, key: string, { label = "", template = "${uri}" } = {}): AppRow {
  const item = label === "" ? [] : [`    ${named(app, label)}`];
  return {
    app,
    entry: ["owner:", ...item, ...writeKeys({ [key]: template })].join("\n"),
    reads: { url: key },
  };
}

/** A chart that takes the Secret's name and its keys. */
function chart(app: string, reads: AppRow["reads"], entry = "{}"): AppRow {
  return { app, entry, reads };
}

const toPrefix = (app: string): string => app.replaceAll("-", "_");

/** Bazarr, which people run once for each collection. */
function bazarr(app: string): AppRow {
  return settings(app, {
    label: `${toPrefix(app).toUpperCase()}_POSTGRES_PASS`,
    keys: { host: "POSTGRES_HOST", user: "POSTGRES_USERNAME", password: "POSTGRES_PASSWORD" },
  });
}

/** The apps that name a database `…_main`, and some of them another `…_log`. */
function servarr(app: string, databases: (prefix: string) => string): AppRow {
  const variable = `${app.split("-")[0]?.toUpperCase() ?? ""}__POSTGRES`;
  return settings(app, {
    label: `${toPrefix(app).toUpperCase()}_POSTGRES_PASSWORD`,
    keys: {
      host: `${variable}__HOST`,
      user: `${variable}__USER`,
      password: `${variable}__PASSWORD`,
    },
    database: databases(toPrefix(app)),
  });
}

const withLog = (prefix: string): string => `{ names: [${prefix}_main, ${prefix}_log] }`;
const mainOnly = (prefix: string): string => `{ name: ${prefix}_main }`;

export const rows: readonly AppRow[] = [
  url("atuin", "ATUIN_DB_URI", { label: "ATUIN_POSTGRES_PASS" }),
  settings("autobrr", {
    label: "AUTOBRR_POSTGRES_PASS",
    keys: {
      host: "AUTOBRR__POSTGRES_HOST",
      user: "AUTOBRR__POSTGRES_USER",
      password: "AUTOBRR__POSTGRES_PASS",
    },
  }),
  bazarr("bazarr"),
  bazarr("bazarr-foreign"),
  bazarr("bazarr-uhd"),
  settings("bookorbit", {
    label: "BOOKORBIT_POSTGRES_PASS",
    keys: { host: "POSTGRES_HOST", user: "POSTGRES_USER", password: "POSTGRES_PASSWORD" },
  }),
  settings("dashbrr", {
    label: "DASHBRR_POSTGRES_PASSWORD",
    keys: {
      host: "DASHBRR__DB_HOST",
      user: "DASHBRR__DB_USER",
      password: "DASHBRR__DB_PASSWORD",
    },
  }),
  url("gatus", "GATUS_DATABASE_URL", {
    label: "GATUS_POSTGRES_PASS",
    template: "${uri}?sslmode=${sslmode}",
  }),
  chart("grafana", { user: "username", password: "password" }),
  url("immich", "DB_URL", { label: "IMMICH_POSTGRES_PASS" }),
  url("infisical", "uri"),
  chart("keycloak", { password: "password" }),
  servarr("lidarr", withLog),
  url("linkwarden", "DATABASE_URL", { label: "LINKWARDEN_DB_PASSWORD" }),
  url("livingdex", "DATABASE_URL", { label: "LIVINGDEX_POSTGRES_PASSWORD" }),
  settings("manyfold", {
    label: "MANYFOLD_POSTGRES_PASSWORD",
    keys: {
      host: "DATABASE_HOST",
      user: "DATABASE_USER",
      password: "DATABASE_PASSWORD",
      database: "DATABASE_NAME",
    },
  }),
  url("miniflux", "DATABASE_URL", { template: "${uri}?sslmode=${sslmode}" }),
  settings("n8n", {
    label: "N8N_POSTGRES_PASSWORD",
    keys: {
      database: "DB_POSTGRESDB_DATABASE",
      host: "DB_POSTGRESDB_HOST",
      user: "DB_POSTGRESDB_USER",
      password: "DB_POSTGRESDB_PASSWORD",
    },
  }),
  chart("netbox", { password: "password" }),
  chart("nextcloud", { user: "username", password: "password" }),
  url("outline", "DATABASE_URL", { label: "OUTLINE_POSTGRES_PASSWORD" }),
  settings("paperless", {
    label: "POSTGRES_PASS",
    keys: { host: "PAPERLESS_DBHOST", user: "PAPERLESS_DBUSER", password: "PAPERLESS_DBPASS" },
  }),
  url("pocket-id", "DB_CONNECTION_STRING", {
    label: "POCKET_ID_POSTGRES_PASSWORD",
    template: "${uri}?sslmode=${sslmode}",
  }),
  servarr("prowlarr", withLog),
  servarr("radarr", withLog),
  servarr("radarr-uhd", withLog),
  settings("romm", {
    label: "ROMM_POSTGRES_PASSWORD",
    keys: { host: "DB_HOST", user: "DB_USER", password: "DB_PASSWD" },
  }),
  servarr("sonarr", mainOnly),
  servarr("sonarr-foreign", mainOnly),
  servarr("sonarr-uhd", mainOnly),
  settings("suwayomi", {
    label: "SUWAYOMI_POSTGRES_PASSWORD",
    keys: { user: "SUWAYOMI_POSTGRES_USER", password: "SUWAYOMI_POSTGRES_PASSWORD" },
    database: "{ name: suwayomi_main }",
  }),
  settings("teslamate", {
    label: "TESLAMATE_POSTGRES_PASS",
    keys: {
      host: "DATABASE_HOST",
      user: "DATABASE_USER",
      password: "DATABASE_PASS",
      database: "DATABASE_NAME",
    },
    database: "{ extensions: [earthdistance] }",
  }),
  settings("tranga", {
    label: "TRANGA_POSTGRES_PASSWORD",
    keys: { user: "POSTGRES_USER", password: "POSTGRES_PASSWORD" },
  }),
  url("vaultwarden", "uri"),
];
