import type { AppEntry, StackConfig } from "../schema/stack.ts";
import type { CertificateSourceSpec, CertificateSpec, ServiceCaSpec } from "../spec/certificate.ts";
import { toRestartTarget } from "./vault.ts";

/** The CA for the apps' namespaces. */
export function toServiceCa({ service, tls }: StackConfig["postgres"]): ServiceCaSpec | undefined {
  const given = service?.ca;
  if (given === undefined) return undefined;
  const { configMap, secret = "", key = "ca.crt", file = tls?.ca } = given;
  return configMap === undefined
    ? { kind: "Secret", name: secret, key, file }
    : { kind: "ConfigMap", name: configMap, key, file };
}

/** Where the Jobs find the certificate. */
export function toCertificateSource({
  certificate: given,
}: StackConfig["postgres"]): CertificateSourceSpec | undefined {
  if (given === undefined) return undefined;
  const { image = "docker.io/library/node:24-alpine", secret, key = "ca.crt" } = given;
  if (secret !== undefined) return { kind: "secret", image, name: secret, key };
  const { pods = [], container, file = "/run/certs/server.crt" } = given;
  return { kind: "pods", image, pods, container, file };
}

/** Where an app reads it from. */
export function toCertificate({ certificate: given }: AppEntry): CertificateSpec | undefined {
  if (given === undefined) return undefined;
  const { secret, key, encoding = "pem", restart = [], schedule } = given;
  return { secret, key, encoding, restart: restart.map(toRestartTarget), schedule };
}
