import { z } from "zod";
import { AppProperties } from "../../components/postgres/plan/app-properties.ts";

/** Version of the provider and of its package. */
export const PROVIDER_VERSION = "0.1.0";

const text = { type: "string" };
const paths = { type: "array", items: text };
const manifestFile = {
  directory: text,
  path: text,
  content: text,
  owner: text,
  adopt: { type: "boolean" },
};
const vaultConnection = { app: text, path: text, item: text };
const vaultGrant = { app: text, login: text, owner: text };
const gitCommit = { directory: text, owner: text, files: paths };

const any = { $ref: "pulumi.json#/Any" };
const object = { type: "object", additionalProperties: any };

interface PropertySchema {
  readonly type?: string;
  readonly items?: PropertySchema;
}

function describeProperty({ type, items }: PropertySchema): object {
  if (type === "object") return object;
  return type === "array" ? { type, items: items?.type === "object" ? object : text } : { type };
}

function describeAppProperties() {
  const { properties = {}, required = [] } = z.toJSONSchema(AppProperties);
  const described = Object.entries(properties).map(
    ([name, property]) => [name, describeProperty(property as PropertySchema)] as const,
  );
  return { properties: Object.fromEntries(described), required };
}

const appDatabase = describeAppProperties();

/**
 * The package schema, for `pulumi package get-schema` and editors. Programs use the classes in `components/`,
 * so the schema lists types and properties only.
 */
export const PROVIDER_SCHEMA: string = JSON.stringify({
  name: "berth",
  version: PROVIDER_VERSION,
  provider: {
    inputProperties: {
      stack: object,
      postgres: object,
      places: text,
      reclaim: object,
      vault: object,
    },
  },
  resources: {
    "berth:postgres:AppDatabase": {
      description: "An app's roles, database and access.",
      inputProperties: {
        ...appDatabase.properties,
        verifiers: { type: "object", additionalProperties: text, secret: true },
      },
      requiredInputs: ["app", "database", "roles", "verifiers"],
      properties: { ...appDatabase.properties, drift: paths, unstated: paths },
      required: appDatabase.required,
    },
    "berth:index:ManifestFile": {
      description: "A file in the GitOps checkout.",
      inputProperties: manifestFile,
      requiredInputs: ["directory", "path", "content", "owner"],
      properties: manifestFile,
      required: Object.keys(manifestFile),
    },
    "berth:index:VaultConnection": {
      description:
        "The connection of Vault's database engine to an app's database, without its password.",
      inputProperties: { ...vaultConnection, data: object, adopt: { type: "boolean" } },
      requiredInputs: [...Object.keys(vaultConnection), "data"],
      properties: {
        ...vaultConnection,
        data: object,
        itemVersion: text,
        unverified: { type: "boolean" },
      },
      required: [...Object.keys(vaultConnection), "data"],
    },
    "berth:postgres:VaultGrant": {
      description: "That Vault's own login may make logins as members of an app's owner role.",
      inputProperties: vaultGrant,
      requiredInputs: Object.keys(vaultGrant),
      properties: vaultGrant,
      required: Object.keys(vaultGrant),
    },
    "berth:index:GitCommit": {
      description: "A commit of the manifests that changed.",
      inputProperties: gitCommit,
      requiredInputs: Object.keys(gitCommit),
      properties: gitCommit,
      required: Object.keys(gitCommit),
    },
  },
});
