import { netbox } from "../../components/config/presets/netbox.ts";

/** Values for the NetBox chart 8.3.61 as a stack file has them, and the keys that chart knows. */
export const NETBOX_VALUES = {
  ...netbox.values,
  valkey: { enabled: false },
  tasksDatabase: {
    host: "valkey-primary.db-valkey.svc.cluster.local",
    port: 6379,
    database: 0,
    existingSecretName: "netbox-redis-credentials",
    existingSecretKey: "password",
  },
  cachingDatabase: {
    host: "valkey-primary.db-valkey.svc.cluster.local",
    port: 6379,
    database: 1,
    existingSecretName: "netbox-redis-credentials",
    existingSecretKey: "password",
  },
  existingSecret: "netbox-django-secret",
  superuser: { existingSecret: "netbox-superuser" },
} as const;

const database = ["host", "port", "database", "username", "password"];
const secretReference = ["existingSecretName", "existingSecretKey"];
const redis = [
  ...database,
  ...secretReference,
  "ssl",
  "insecureSkipTlsVerify",
  "caCertPath",
  "sentinels",
  "sentinelService",
  "sentinelTimeout",
];

/**
 * Keys of the chart that a value may be set for here, with those below each; none = a plain value.
 * The chart's schema takes unknown keys without a word, so a misspelt one would start a bundled
 * database instead of using ours.
 */
const NETBOX_KEYS: Readonly<Record<string, readonly string[]>> = {
  postgresql: ["enabled"],
  externalDatabase: [
    ...database,
    ...secretReference,
    "engine",
    "connMaxAge",
    "disableServerSideCursors",
    "options",
  ],
  valkey: ["enabled"],
  tasksDatabase: redis,
  cachingDatabase: redis,
  existingSecret: [],
  superuser: ["existingSecret", "name", "email"],
};

/** Keys that chart 8.3.61 does not have, as `a` or `a.b`. */
export function findUnknownKeys(values: Readonly<Record<string, unknown>>): readonly string[] {
  return Object.entries(values).flatMap(([key, value]) => {
    const known = NETBOX_KEYS[key];
    if (known === undefined) return [key];
    if (typeof value !== "object" || value === null) return [];
    return Object.keys(value)
      .filter((inner) => !known.includes(inner))
      .map((inner) => `${key}.${inner}`);
  });
}
