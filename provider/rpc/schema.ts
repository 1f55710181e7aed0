/** Version of the provider, and of the package that the engine asks it about. */
export const PROVIDER_VERSION = "0.1.0";

const text = { type: "string" };
const manifestFile = {
  directory: text,
  path: text,
  content: text,
  owner: text,
  adopt: { type: "boolean" },
};

const object = { type: "object", additionalProperties: { $ref: "pulumi.json#/Any" } };
const appDatabase = {
  app: text,
  adopt: { type: "boolean" },
  reclaimPolicy: text,
  database: object,
  roles: object,
  schemas: { type: "array", items: text },
  extensions: { type: "array", items: object },
};
const recreate = { type: "boolean" };

/**
 * The package schema, for `pulumi package get-schema` and editors. Programs use the classes in this
 * folder, so it says what exists and no more.
 */
export const PROVIDER_SCHEMA: string = JSON.stringify({
  name: "berth",
  version: PROVIDER_VERSION,
  provider: { inputProperties: { postgres: object, places: text, reclaim: object } },
  resources: {
    "berth:postgres:AppDatabase": {
      description: "An app's roles, database and access.",
      inputProperties: {
        ...appDatabase,
        recreate,
        verifiers: { type: "object", additionalProperties: text, secret: true },
      },
      requiredInputs: ["app", "database", "roles", "verifiers"],
      properties: { ...appDatabase, recreate, drift: { type: "array", items: text } },
      required: Object.keys(appDatabase),
    },
    "berth:index:ManifestFile": {
      description: "A file in the GitOps checkout.",
      inputProperties: manifestFile,
      requiredInputs: ["directory", "path", "content", "owner"],
      properties: manifestFile,
      required: Object.keys(manifestFile),
    },
  },
});
