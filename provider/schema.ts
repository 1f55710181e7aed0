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

/**
 * The package schema, for `pulumi package get-schema` and editors. Programs use the classes in this
 * folder, so it says what exists and no more.
 */
export const PROVIDER_SCHEMA: string = JSON.stringify({
  name: "berth",
  version: PROVIDER_VERSION,
  resources: {
    "berth:index:ManifestFile": {
      description: "A file in the GitOps checkout.",
      inputProperties: manifestFile,
      requiredInputs: ["directory", "path", "content", "owner"],
      properties: manifestFile,
      required: Object.keys(manifestFile),
    },
  },
});
