import { z } from "zod";

/** Labels and annotations that a stack file adds. */

/** The kinds that Berth writes. */
const kinds = [
  "Application",
  "ApplicationSet",
  "AppProject",
  "ClusterSecretStore",
  "ConfigMap",
  "CronJob",
  "Deployment",
  "ExternalSecret",
  "Job",
  "Kustomization",
  "Namespace",
  "NetworkPolicy",
  "OnePasswordItem",
  "Role",
  "RoleBinding",
  "Secret",
  "SecretStore",
  "Service",
  "ServiceAccount",
  "ServiceMonitor",
  "VaultAuth",
  "VaultConnection",
  "VaultDynamicSecret",
  "VaultStaticSecret",
] as const;

/** A prefix is a DNS name of at most 253 characters, a name has at most 63. */
const MetadataKey = z.string().refine(
  (key) => {
    const [name = "", prefix, ...more] = key.split("/").toReversed();
    return (
      more.length === 0 &&
      /^[A-Za-z0-9]([\w.-]{0,61}[A-Za-z0-9])?$/.test(name) &&
      (prefix === undefined ||
        (prefix.length <= 253 && /^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$/.test(prefix)))
    );
  },
  {
    error:
      "is not a key of a label or annotation; allowed are at most 63 characters, with a DNS name of at most 253 and / before them",
  },
);

const LabelsAndAnnotations = z
  .strictObject({
    labels: z
      .record(
        MetadataKey,
        z
          .string()
          .regex(/^([A-Za-z0-9]([\w.-]{0,61}[A-Za-z0-9])?)?$/, {
            error:
              "is not a label's value; allowed are at most 63 of A-Z, a-z, 0-9, -, _ and . inside",
          })
          .describe("Value of the label."),
      )
      .describe("Labels, by name."),
    annotations: z
      .record(MetadataKey, z.string().describe("Value of the annotation."))
      .describe("Annotations, by name."),
  })
  .partial();

/** `berth:metadata`, and `metadata` in an app's entry. */
export const Metadata = z
  .strictObject({
    all: LabelsAndAnnotations.describe("For every object."),
    ...(Object.fromEntries(kinds.map((kind) => [kind, LabelsAndAnnotations])) as Record<
      (typeof kinds)[number],
      typeof LabelsAndAnnotations
    >),
  })
  .partial();
