import { expect, it } from "vitest";
import type { Written } from "../fakes/stack.ts";
import { gitops, settings as jobSettings, list, plan } from "./argocd/plan.ts";

/** Whatever applies the manifests, what brings the Secrets is the same. */

const modes = {
  flux: { gitops: { ...gitops, workloads: "flux" } },
  none: { gitops: { ...gitops, workloads: "none" } },
  cluster: { cluster: { context: "home" } },
  "cluster, none": { cluster: { context: "home", workloads: "none" } },
} as const;

const host = "http://onepassword-connect.connect:8080";
const settings: Written = {
  postgres: {
    ...(jobSettings["postgres"] as Written),
    certificate: { pods: ["postgres-0"], container: "postgres" },
  },
  secrets: {
    store: { connect: { host, tokenSecret: { namespace: "connect", name: "token" } } },
    vault: { address: "https://vault.tools:8200", caSecret: "vault-ca" },
  },
};

const apps: Readonly<Record<string, Written | null>> = {
  "one login": null,
  "more logins, in other namespaces": {
    roles: { ro: { profile: "readonly", namespace: "bi" } },
    namespace: "wikis",
  },
  "items of its own": { secrets: { "wiki-mail": ["user"], "wiki-all": { fields: [] } } },
  "labels and annotations": {
    metadata: { all: { labels: { team: "x" } }, OnePasswordItem: { annotations: { note: "y" } } },
  },
  "External Secrets": {
    secretsThrough: "external-secret",
    owner: { keys: "cnpg", refreshInterval: "0h5m0s" },
    secrets: { "wiki-mail": { find: "^SMTP_" } },
  },
  "Vault's logins": {
    credentials: "vault",
    vault: { restart: ["Deployment/wiki"] },
    secrets: { "wiki-config": { from: "vault" } },
  },
  "the server's certificate": {
    certificate: { secret: "wiki-ca", key: "ca.crt", restart: ["Deployment/wiki"] },
  },
  "a Job": { provisioner: "job" },
};

/** Kinds that only one way of delivery has, and namespaces, which Argo CD creates by itself. */
const others = ["Application", "AppProject", "Kustomization", "Namespace"];
const ofTools = /^(?:argocd\.argoproj\.io|kustomize\.toolkit\.fluxcd\.io|pulumi\.com)\//;

/** By kind and name, with their files. */
function listOf(app: Written | null, place: Written) {
  const all = list(plan({ wiki: app }, { ...settings, ...place })).filter(
    ([, { kind }]) => !others.includes(kind),
  );
  return Object.fromEntries(
    all.map(([file, { metadata, ...object }]) => {
      const annotations = Object.entries(metadata.annotations ?? {});
      const left = annotations.filter(([key]) => !ofTools.test(key));
      const kept = { ...metadata, annotations: Object.fromEntries(left) };
      const name = [object.kind, metadata.namespace, metadata.name].join(" ");
      return [name, { file, object: { ...object, metadata: kept } }] as const;
    }),
  );
}

const rows = Object.entries(apps).flatMap(([what, app]) =>
  Object.entries(modes)
    // Nothing runs it there, so it is refused.
    .filter(([mode]) => !(what === "a Job" && mode.endsWith("none")))
    .map(([mode, place]) => ({ what, app, mode, place })),
);

it.each(rows)("$what: with $mode there is what there is with Argo CD", ({ app, place }) => {
  const written = Object.entries(listOf(app, { gitops }));
  expect(written.length).toBeGreaterThan(2);
  const isApplied = "cluster" in place;
  const expected = written.map(([name, { file, object }]) => [
    name,
    { file: isApplied ? "applied" : file, object },
  ]);
  expect(listOf(app, place)).toStrictEqual(Object.fromEntries(expected));
});
