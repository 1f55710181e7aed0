import { type Problem, problemAt, problemWhen } from "../../../errors.ts";
import { hasItem } from "../../logins.ts";
import type { AppSpec, StackSpec } from "../../spec.ts";
import { needsTarget } from "./delivery.ts";

/** Certificates that would reach nobody, or not stay, each problem with its key path. */
export function findCertificateProblems(spec: StackSpec): Problem[] {
  return [
    ...findCaProblems(spec),
    ...spec.apps.flatMap((app) => findAppProblems(app, spec.postgres.certificate !== undefined)),
  ];
}

function findCaProblems({ postgres, gitops, cluster }: StackSpec): Problem[] {
  const { ca } = postgres.service;
  const at = "berth:postgres.service.ca";
  if (ca === undefined) return [];
  return [
    ...problemWhen(
      ca.file === undefined,
      `${at}.file`,
      "missing; name the PEM file with the CA here or as berth:postgres.tls.ca",
    ),
    ...(gitops === undefined && cluster === undefined ? [problemAt(at, needsTarget)] : []),
  ];
}

function findAppProblems(app: AppSpec, hasSource: boolean): Problem[] {
  const { certificate, name, delivery } = app;
  if (certificate === undefined) return [];
  const at = `berth:apps.${name}.certificate`;
  const got = `got "${certificate.secret}"`;
  return [
    ...problemWhen(
      !hasSource,
      at,
      "it needs berth:postgres.certificate, which says where the certificate is; add it",
    ),
    ...(delivery === "none" ? [problemAt(at, needsTarget)] : []),
    ...findMakers(app, certificate.secret).flatMap((maker) => {
      if (maker !== "the 1Password operator") {
        return [
          problemAt(
            `${at}.secret`,
            `${got}; ${maker} makes it and removes other keys each time; name a Secret that nothing else writes`,
          ),
        ];
      }
      return problemWhen(
        certificate.schedule === undefined,
        `${at}.secret`,
        `${got}; the 1Password operator makes it and removes other keys when the item changes; set ${at}.schedule (such as 17 * * * *), or name another Secret`,
      );
    }),
  ];
}

/** The operator that makes a Secret of the app's and keeps no keys of others; none = Berth does not know the Secret. */
function findMakers(app: AppSpec, secret: string): readonly string[] {
  const isIt = (one: { readonly namespace: string }, name: string): boolean =>
    name === secret && one.namespace === app.namespace;
  const items = [
    ...app.roles.filter((role) => hasItem(role) && isIt(role, role.secretName)),
    ...app.secrets.filter((one) => isIt(one, one.name)),
  ];
  const isOfVault =
    app.vault?.secrets.some((one) => isIt(one, one.name)) === true ||
    (app.vault?.login !== undefined && isIt(app.roles[0], app.roles[0].secretName));
  if (isOfVault) return ["the Vault Secrets Operator"];
  if (items.every(({ settings }) => settings.creationPolicy === "Merge")) return [];
  return [app.secretsThrough === "external-secret" ? "External Secrets" : "the 1Password operator"];
}
