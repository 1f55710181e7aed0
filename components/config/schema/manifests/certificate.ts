import { z } from "zod";
import { DnsLabel, Text } from "../primitives.ts";
import { SecretKeyName } from "../secret-keys.ts";
import { restartTargets } from "./restart.ts";

/** The CA that goes to the apps' namespaces; `berth:postgres.service.ca`. */
export const ServiceCa = z
  .strictObject({
    configMap: DnsLabel.describe("Name of the ConfigMap. Give this or `secret`."),
    secret: DnsLabel.describe("Name of the Secret, for charts that take the CA from a Secret."),
    key: SecretKeyName.describe("Key in it. Default: ca.crt."),
    file: Text.describe("PEM file with the CA. Default: tls.ca."),
  })
  .partial()
  .refine((ca) => (ca.configMap === undefined) !== (ca.secret === undefined), {
    error: "give either `configMap` or `secret`, its name in each namespace",
  });

/** Where a Job finds the server's certificate; `berth:postgres.certificate`. */
export const CertificateSource = z
  .strictObject({
    secret: DnsLabel.describe(
      "Secret with the certificate in the database's namespace. Give this or `pods`.",
    ),
    key: SecretKeyName.describe("Key of the Secret. Default: ca.crt."),
    pods: z
      .array(DnsLabel)
      .min(1, { error: "is empty; name the Pods of the server" })
      .describe(
        "Pods of the server, whose certificates are read with exec. Whoever may start Pods in the app's namespace may then run commands in these.",
      ),
    container: DnsLabel.describe(
      "Container of the Pods. Default: the only one. Required if a Pod has several.",
    ),
    file: z
      .string()
      .regex(/^\//, { error: "is not a path in the Pods; write it as /run/certs/server.crt" })
      .describe("File in the Pods. Default: /run/certs/server.crt, as in Zalando's."),
    image: Text.describe("Image with Node 24 or newer. Default: docker.io/library/node:24-alpine."),
  })
  .partial()
  .refine((from) => (from.secret === undefined) !== (from.pods === undefined), {
    error: "give either `secret` or `pods`",
  })
  .refine((from) => from.pods !== undefined || (from.container ?? from.file) === undefined, {
    error: "has `container` or `file`, which need `pods`",
  })
  .refine((from) => from.secret !== undefined || from.key === undefined, {
    error: "has `key`, which needs `secret`",
  });

/** The key of a Secret that an app reads the certificate from; `certificate` in its entry. */
export const Certificate = z
  .strictObject({
    secret: DnsLabel.describe("Secret in the app's namespace. If it is missing, nothing is done."),
    key: SecretKeyName.describe("Key that gets the certificate. The others stay as they are."),
    encoding: z
      .enum(["pem", "base64"])
      .describe(
        "How the app reads it. pem: as a PEM file. base64: the PEM text in base64, as Infisical wants it. Default: pem.",
      ),
    restart: restartTargets().describe(
      "What is restarted in the app's namespace when the certificate has changed. Default: nothing.",
    ),
    schedule: z
      .string()
      .regex(/^[\w*/,-]+( [\w*/,-]+){4}$/, {
        error: "is not five fields of cron; write it as 17 * * * *",
      })
      .describe(
        "When the certificate is copied, in addition to each sync, as in cron. Default: never.",
      ),
  })
  .partial({ encoding: true, restart: true, schedule: true });
