import { hasItem } from "../logins.ts";
import type { AppSpec, StackSpec } from "../spec.ts";

/** Settings that say where manifests go and do not fit together, each with its key path. */
export function findDeliveryProblems(spec: StackSpec): string[] {
  return [
    ...(spec.cluster?.context === ""
      ? [
          "berth:cluster.context: missing; name a context of the kubeconfig (kubectl config get-contexts), since its current one may be another tomorrow",
        ]
      : []),
    ...findStoreProblems(spec),
    ...spec.apps.flatMap((app) => findAppProblems(app, spec)),
    ...findIdProblems(spec),
  ];
}

/** External Secrets reads from a store, which either exists or is made with all that it needs. */
function findStoreProblems({ secrets, apps }: StackSpec): string[] {
  const { store, through } = secrets;
  const at = "berth:secrets.store";
  if (store === undefined) {
    const users = apps.filter((app) => app.secretsThrough === "external-secret");
    if (through === "onepassword-item" && users.length === 0) return [];
    return [
      `${at}: missing; external-secret needs one: connect, to make it, or the name of one that exists`,
    ];
  }
  if (store.name === "") return [`${at}.name: missing; without connect the store must exist`];
  if (store.connect === undefined) return [];
  const { tokenNamespace } = store.connect;
  const tokenAt = `${at}.connect.tokenSecret.namespace`;
  if (store.kind === "ClusterSecretStore" && tokenNamespace === undefined) {
    return [`${tokenAt}: missing; a ClusterSecretStore has no namespace to look for the Secret in`];
  }
  return store.kind === "SecretStore" && tokenNamespace !== undefined
    ? [
        `${tokenAt}: got "${tokenNamespace}"; a SecretStore may only read a Secret in its own namespace, so leave it out and make the Secret in each`,
      ]
    : [];
}

/** 1Password's own ids have this form. */
const idPattern = /^[a-z0-9]{26}$/;

function findIdProblems({ secrets, postgres, apps }: StackSpec): string[] {
  const admin = { at: "berth:postgres.adminItem", item: postgres.admin.item };
  const used = apps
    .filter((app) => app.secretsThrough === "external-secret")
    .flatMap((app) =>
      [...app.roles.filter(hasItem), ...app.secrets].map(({ item }) => ({
        at: `berth:apps.${app.name}`,
        item: item.item,
      })),
    );
  return [...(secrets.through === "external-secret" ? [admin] : []), ...used]
    .filter(({ item }) => idPattern.test(item))
    .map(
      ({ at, item }) =>
        `${at}: the item "${item}" is named by its id; External Secrets finds items by their titles only`,
    );
}

function findAppProblems(app: AppSpec, spec: StackSpec): string[] {
  const at = `berth:apps.${app.name}`;
  const place = { git: spec.gitops, cluster: spec.cluster, none: spec }[app.delivery];
  if (place === undefined) {
    const key = app.delivery === "git" ? "berth:gitops" : "berth:cluster";
    return [`${at}.delivery: "${app.delivery}" needs ${key}, which the stack file does not have`];
  }
  const { workload } = app;
  const needsRepository = app.delivery !== "none" && workload?.kind === "git";
  return needsRepository && workload.repoURL === ""
    ? [`${at}.workload.git.repoURL: missing; without berth:gitops there is none to take`]
    : [];
}
