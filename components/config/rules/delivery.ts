import { hasItem } from "../logins.ts";
import type { AppSpec, StackSpec } from "../spec.ts";

/** Problems between the settings for manifests and Secrets, each with its key path. */
export function findDeliveryProblems(spec: StackSpec): string[] {
  return [
    ...(spec.cluster?.context === ""
      ? [
          "berth:cluster.context: missing; name a context of the kubeconfig (kubectl config get-contexts)",
        ]
      : []),
    ...findStoreProblems(spec),
    ...spec.apps.flatMap((app) => findAppProblems(app, spec)),
    ...findIdProblems(spec),
  ];
}

/** External Secrets reads from a store. It exists already, or Berth makes it and needs all its settings. */
function findStoreProblems({ secrets, apps }: StackSpec): string[] {
  const { store, through } = secrets;
  const at = "berth:secrets.store";
  if (store === undefined) {
    const users = apps.filter((app) => app.secretsThrough === "external-secret");
    if (through === "onepassword-item" && users.length === 0) return [];
    return [
      `${at}: missing; external-secret needs one: set connect (Berth makes the store) or name (it exists)`,
    ];
  }
  if (store.name === "") {
    return [`${at}.name: missing; name the store that exists, or set connect (Berth makes it)`];
  }
  if (store.connect === undefined) return [];
  const { tokenNamespace } = store.connect;
  const tokenAt = `${at}.connect.tokenSecret.namespace`;
  if (store.kind === "ClusterSecretStore" && tokenNamespace === undefined) {
    return [`${tokenAt}: missing; a ClusterSecretStore has no namespace, so name the Secret's`];
  }
  return store.kind === "SecretStore" && tokenNamespace !== undefined
    ? [
        `${tokenAt}: got "${tokenNamespace}"; a SecretStore can only read a Secret in its own namespace; remove the key, and make the Secret in each namespace`,
      ]
    : [];
}

/** Form of 1Password's ids. */
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
        `${at}: got the item's id "${item}"; External Secrets finds items only by title, so write the title`,
    );
}

function findAppProblems(app: AppSpec, spec: StackSpec): string[] {
  const at = `berth:apps.${app.name}`;
  const target = { git: spec.gitops, cluster: spec.cluster, none: spec }[app.delivery];
  if (target === undefined) {
    const key = app.delivery === "git" ? "berth:gitops" : "berth:cluster";
    return [`${at}.delivery: got "${app.delivery}"; it needs ${key}, which is missing; add it`];
  }
  const { workload } = app;
  const needsRepository = app.delivery !== "none" && workload?.kind === "git";
  return needsRepository && workload.repoURL === ""
    ? [`${at}.workload.git.repoURL: missing; its default needs berth:gitops.repoURL`]
    : [];
}
