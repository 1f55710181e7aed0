import { hasItem } from "../../logins.ts";
import type { AppSpec, StackSpec } from "../../spec.ts";

/** Certificates that would reach nobody, or not stay, each problem with its key path. */
export function findCertificateProblems(spec: StackSpec): string[] {
  return [
    ...findCaProblems(spec),
    ...spec.apps.flatMap((app) => findAppProblems(app, spec.postgres.certificate !== undefined)),
  ];
}

function findCaProblems({ postgres, gitops, cluster }: StackSpec): string[] {
  const { ca } = postgres.service;
  const at = "berth:postgres.service.ca";
  if (ca === undefined) return [];
  return [
    ...(ca.file === undefined
      ? [`${at}.file: missing; name the PEM file with the CA here or as berth:postgres.tls.ca`]
      : []),
    ...(gitops === undefined && cluster === undefined
      ? [`${at}: it needs berth:gitops or berth:cluster, which are missing; add one of them`]
      : []),
  ];
}

function findAppProblems(app: AppSpec, hasSource: boolean): string[] {
  const { certificate, name, delivery } = app;
  if (certificate === undefined) return [];
  const at = `berth:apps.${name}.certificate`;
  const where = `${at}.secret: got "${certificate.secret}"`;
  return [
    ...(hasSource
      ? []
      : [
          `${at}: it needs berth:postgres.certificate, which says where the certificate is; add it`,
        ]),
    ...(delivery === "none"
      ? [`${at}: it needs berth:gitops or berth:cluster, which are missing; add one of them`]
      : []),
    ...findMakers(app, certificate.secret).flatMap((maker) => {
      if (maker !== "the 1Password operator") {
        return [
          `${where}; ${maker} makes it and removes other keys each time; name a Secret that nothing else writes`,
        ];
      }
      return certificate.schedule === undefined
        ? [
            `${where}; the 1Password operator makes it and removes other keys when the item changes; set ${at}.schedule (such as 17 * * * *), or name another Secret`,
          ]
        : [];
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
