import { parse } from "yaml";
import { renderKey } from "../../../components/config/keys/render.ts";
import type { PresetName } from "../../../components/config/presets/presets.ts";
import type { StackSpec } from "../../../components/config/spec.ts";
import { planWorkloadSources } from "../../../components/delivery/argocd/sources.ts";

/**
 * What an app gets from its chart's values to reach its database, as the templates of each chart make it. Helm itself
 * is not needed: every chart passes these values on as they are.
 */

/** A key of a Secret. */
interface SecretRef {
  readonly secret: string;
  readonly key: string;
}

interface Connection {
  readonly host: string;
  readonly port: string;
  readonly database: string;
  readonly user: string | SecretRef;
  readonly password: string | SecretRef;
}

/** The values as Argo CD gets them. */
export function valuesOf(spec: StackSpec, name: string): unknown {
  const app = spec.apps.find((one) => one.name === name);
  if (app === undefined) throw new Error(`the stack has no app ${name}`);
  const [source] = planWorkloadSources(spec, app);
  if (source === undefined || !("helm" in source)) throw new Error(`${name} has no chart`);
  const { helm } = source;
  return "valuesObject" in helm ? helm.valuesObject : parse(helm.values);
}

/** The value at a path such as `global/env`, where `*` is the only key. */
function at(values: unknown, path: string): unknown {
  return path.split("/").reduce((found, key) => {
    const map = found as Readonly<Record<string, unknown>>;
    const [only] = Object.keys(map);
    const next = map[key === "*" ? (only ?? "") : key];
    if (next === undefined) throw new Error(`the values have no ${path}`);
    return next;
  }, values);
}

/** A text or a number, as a template prints it. */
function text(values: unknown, path: string): string {
  const value = at(values, path);
  if (typeof value === "string" || typeof value === "number") return String(value);
  throw new Error(`${path} is no text`);
}

function require(values: unknown, path: string, wanted: unknown): void {
  if (at(values, path) !== wanted) throw new Error(`${path} is not ${String(wanted)}`);
}

function split(address: string): Pick<Connection, "host" | "port"> {
  const [host = "", port = ""] = address.split(":");
  return { host, port };
}

function toRef(values: unknown, path: string): SecretRef {
  return { secret: text(values, `${path}/name`), key: text(values, `${path}/key`) };
}

/** A variable in a list of them. */
function fromEnv(values: unknown, path: string, name: string): SecretRef {
  const list = at(values, path) as readonly { readonly name: string }[];
  const [entry, ...others] = list.filter((one) => one.name === name);
  if (others.length > 0) throw new Error(`${path} has ${name} more than once`);
  return toRef(entry, "valueFrom/secretKeyRef");
}

/** app.ini of Gitea and Forgejo, where the environment counts more than `gitea.config`. */
function fromAppIni(values: unknown, prefix: string): Connection {
  require(values, "gitea/config/database/DB_TYPE", "postgres");
  return {
    ...split(text(values, "gitea/config/database/HOST")),
    database: text(values, "gitea/config/database/NAME"),
    user: fromEnv(values, "gitea/additionalConfigFromEnvs", `${prefix}__DATABASE__USER`),
    password: fromEnv(values, "gitea/additionalConfigFromEnvs", `${prefix}__DATABASE__PASSWD`),
  };
}

/** A connection whose parts stand below one key, each under the name that the chart has for it. */
function below(
  values: unknown,
  path: string,
  names: Readonly<Record<"host" | "database" | "user" | "secret" | "key", string>>,
): Connection {
  const read = (name: string): string => text(values, `${path}/${name}`);
  return {
    host: read(names.host),
    port: read("port"),
    database: read(names.database),
    user: read(names.user),
    password: { secret: read(names.secret), key: read(names.key) },
  };
}

/** A URL in a Secret has it all. */
function fromUrl(values: unknown, path: string, secrets: Secrets): Connection {
  const url = new URL(resolve(toRef(values, path), secrets));
  return {
    host: url.hostname,
    port: url.port,
    database: decodeURIComponent(url.pathname.slice(1)),
    user: decodeURIComponent(url.username),
    password: decodeURIComponent(url.password),
  };
}

/** Values of Secrets, by name and key. */
export type Secrets = Readonly<Record<string, Readonly<Record<string, string>>>>;

type Read = (values: unknown, secrets: Secrets) => Connection | Connection[];

const readers: Readonly<Record<PresetName, Read>> = {
  infisical: (values, secrets) => {
    require(values, "postgresql/enabled", false);
    require(values, "postgresql/useExistingPostgresSecret/enabled", true);
    const path = "postgresql/useExistingPostgresSecret/existingConnectionStringSecret";
    return fromUrl(values, path, secrets);
  },
  miniflux: (values, secrets) => {
    const env = at(values, "controllers/*/containers/*/env");
    return fromUrl(env, "DATABASE_URL/valueFrom/secretKeyRef", secrets);
  },
  netbox: (values) => {
    require(values, "postgresql/enabled", false);
    return below(values, "externalDatabase", {
      host: "host",
      database: "database",
      user: "username",
      secret: "existingSecretName",
      key: "existingSecretKey",
    });
  },
  nextcloud: (values) => {
    require(values, "internalDatabase/enabled", false);
    require(values, "externalDatabase/type", "postgresql");
    require(values, "externalDatabase/enabled", true);
    const existing = at(values, "externalDatabase/existingSecret");
    const secret = text(existing, "secretName");
    return {
      ...split(text(values, "externalDatabase/host")),
      database: text(values, "externalDatabase/database"),
      user: { secret, key: text(existing, "usernameKey") },
      password: { secret, key: text(existing, "passwordKey") },
    };
  },
  keycloak: (values) => {
    require(values, "database/vendor", "postgres");
    return below(values, "database", {
      host: "hostname",
      database: "database",
      user: "username",
      secret: "existingSecret",
      key: "existingSecretKey",
    });
  },
  grafana: (values) => {
    require(values, "grafana.ini/database/type", "postgres");
    return {
      ...split(text(values, "grafana.ini/database/host")),
      database: text(values, "grafana.ini/database/name"),
      user: toRef(values, "envValueFrom/GF_DATABASE_USER/secretKeyRef"),
      password: toRef(values, "envValueFrom/GF_DATABASE_PASSWORD/secretKeyRef"),
    };
  },
  vaultwarden: (values) => {
    require(values, "database/type", "postgresql");
    // With `existingSecretKey` the chart would read a whole URL from the Secret.
    expectNoKey(values, "database", "existingSecretKey");
    const secret = text(values, "database/existingSecret");
    return {
      host: text(values, "database/host"),
      port: text(values, "database/port"),
      database: text(values, "database/dbName"),
      user: { secret, key: text(values, "database/existingSecretUserKey") },
      password: { secret, key: text(values, "database/existingSecretPasswordKey") },
    };
  },
  n8n: (values) => {
    require(values, "main/config/db/type", "postgresdb");
    return ["main", "worker", "webhook"].map((part) => ({
      host: text(values, "main/config/db/postgresdb/host"),
      port: text(values, "main/config/db/postgresdb/port"),
      database: text(values, "main/config/db/postgresdb/database"),
      user: toRef(values, `${part}/extraEnv/DB_POSTGRESDB_USER/valueFrom/secretKeyRef`),
      password: toRef(values, `${part}/extraEnv/DB_POSTGRESDB_PASSWORD/valueFrom/secretKeyRef`),
    }));
  },
  authentik: (values) => {
    require(values, "postgresql/enabled", false);
    return {
      host: text(values, "authentik/postgresql/host"),
      port: text(values, "authentik/postgresql/port"),
      database: text(values, "authentik/postgresql/name"),
      user: fromEnv(values, "global/env", "AUTHENTIK_POSTGRESQL__USER"),
      password: fromEnv(values, "global/env", "AUTHENTIK_POSTGRESQL__PASSWORD"),
    };
  },
  forgejo: (values) => fromAppIni(values, "FORGEJO"),
  gitea: (values) => {
    require(values, "postgresql/enabled", false);
    require(values, "postgresql-ha/enabled", false);
    return fromAppIni(values, "GITEA");
  },
  paperless: (values) => {
    const env = at(values, "controllers/*/containers/*/env");
    require(env, "PAPERLESS_DBENGINE", "postgresql");
    return {
      host: text(env, "PAPERLESS_DBHOST"),
      port: text(env, "PAPERLESS_DBPORT"),
      database: text(env, "PAPERLESS_DBNAME"),
      user: toRef(env, "PAPERLESS_DBUSER/valueFrom/secretKeyRef"),
      password: toRef(env, "PAPERLESS_DBPASS/valueFrom/secretKeyRef"),
    };
  },
};

function expectNoKey(values: unknown, path: string, key: string): void {
  if (key in (at(values, path) as object)) throw new Error(`${path} has ${key}`);
}

/** How each part of the app reaches its database. */
export function readConnections(
  preset: PresetName,
  spec: StackSpec,
  { app, secrets }: { readonly app: string; readonly secrets: Secrets },
): readonly Connection[] {
  return [readers[preset](valuesOf(spec, app), secrets)].flat();
}

/** The owner's Secret of an app. */
export function secretsOf(spec: StackSpec, name: string, password: string): Secrets {
  const [owner] = spec.apps.find((one) => one.name === name)?.roles ?? [];
  if (owner === undefined) throw new Error(`the stack has no app ${name}`);
  const login = { username: owner.name, password };
  const keys = owner.keys.map((key) => [key.name, renderKey(key, login)] as const);
  return { [owner.secretName]: { ...login, ...Object.fromEntries(keys) } };
}

/** The text that a pod gets: the value itself, or the key of the Secret, which must exist. */
export function resolve(value: string | SecretRef, secrets: Secrets): string {
  if (typeof value === "string") return value;
  const found = secrets[value.secret]?.[value.key];
  if (found === undefined) throw new Error(`there is no Secret ${value.secret} with ${value.key}`);
  return found;
}
