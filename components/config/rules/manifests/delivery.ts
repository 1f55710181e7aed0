import { type Problem, problemAt, problemWhen } from "../../../errors.ts";
import { hasItem } from "../../logins.ts";
import { isItemId } from "../../spec/item.ts";
import type { AppSpec, StackSpec } from "../../spec.ts";
import { roleAt } from "../names.ts";

/** Problems between the settings for manifests and Secrets, each with its key path. */
export function findDeliveryProblems(spec: StackSpec): Problem[] {
  return [
    ...problemWhen(
      spec.cluster?.context === "",
      "berth:cluster.context",
      "missing; name a context of the kubeconfig (kubectl config get-contexts)",
    ),
    ...findStoreProblems(spec),
    ...findServerProblems(spec),
    ...spec.apps.flatMap((app) => findAppProblems(app, spec)),
    ...findIdProblems(spec),
    ...spec.apps.flatMap((app) => findSettingProblems(app, spec)),
  ];
}

export const needsTarget =
  "it needs berth:gitops or berth:cluster, which are missing; add one of them";

/** Connect is made by manifests. */
function findServerProblems({ secrets, gitops, cluster }: StackSpec): Problem[] {
  const isMade = secrets.store?.connect?.deploy !== undefined;
  return problemWhen(
    isMade && gitops === undefined && cluster === undefined,
    "berth:secrets.store.connect.deploy",
    needsTarget,
  );
}

/** External Secrets reads from a store. It exists already, or Berth makes it and needs all its settings. */
function findStoreProblems({ secrets, apps }: StackSpec): Problem[] {
  const { store, through } = secrets;
  const at = "berth:secrets.store";
  if (store === undefined) {
    return problemWhen(
      [through, ...apps.map((app) => app.secretsThrough)].includes("external-secret"),
      at,
      "missing; external-secret needs one: set connect (Berth makes the store) or name (it exists)",
    );
  }
  if (store.connect === undefined) {
    return problemWhen(
      store.name === "",
      `${at}.name`,
      "missing; name the store that exists, or set connect (Berth makes it)",
    );
  }
  const { tokenNamespace } = store.connect;
  const tokenAt = `${at}.connect.tokenSecret.namespace`;
  if (tokenNamespace === undefined) {
    return problemWhen(
      store.kind === "ClusterSecretStore",
      tokenAt,
      "missing; a ClusterSecretStore has no namespace, so name the Secret's",
    );
  }
  return problemWhen(
    store.kind === "SecretStore",
    tokenAt,
    `got "${tokenNamespace}"; a SecretStore can only read a Secret in its own namespace; remove the key, and make the Secret in each namespace`,
  );
}

function findIdProblems({ secrets, postgres, apps }: StackSpec): Problem[] {
  const admin = { at: "berth:postgres.adminItem", item: postgres.admin.item };
  const used = apps
    .filter((app) => app.secretsThrough === "external-secret")
    .flatMap((app) =>
      [
        ...app.roles.filter(hasItem),
        ...app.secrets,
        ...app.secrets.flatMap(({ keys }) => keys),
      ].map(({ item }) => ({ at: `berth:apps.${app.name}`, item: item.item })),
    );
  const isRead = secrets.through === "external-secret" && postgres.adminUser === undefined;
  return [...(isRead ? [admin] : []), ...used]
    .filter(({ item }) => isItemId(item))
    .map(({ at, item }) =>
      problemAt(
        at,
        `got the item's id "${item}"; External Secrets finds items only by title, so write the title`,
      ),
    );
}

function findAppProblems(app: AppSpec, spec: StackSpec): Problem[] {
  const at = `berth:apps.${app.name}`;
  const target = { git: spec.gitops, cluster: spec.cluster, none: spec }[app.delivery];
  if (target === undefined) {
    const key = app.delivery === "git" ? "berth:gitops" : "berth:cluster";
    return [
      problemAt(
        `${at}.delivery`,
        `got "${app.delivery}"; it needs ${key}, which is missing; add it`,
      ),
    ];
  }
  const { workload } = app;
  const needsRepository = app.delivery !== "none" && workload?.kind === "git";
  return problemWhen(
    needsRepository && workload.repoURL === "",
    `${at}.workload.git.repoURL`,
    "missing; set it, or add berth:gitops, whose repoURL is the default",
  );
}

/** What the operator that makes an app's Secrets cannot do. */
function findSettingProblems(app: AppSpec, { secrets, vault }: StackSpec): Problem[] {
  const at = `berth:apps.${app.name}`;
  const made = [
    ...app.roles.filter(hasItem).map((role) => ({
      at: roleAt(app, role),
      settings: role.settings,
      keys: [],
      find: undefined,
      vaults: [role.item.vault],
    })),
    ...app.secrets.map((secret) => ({
      at: `${at}.secrets.${secret.name}`,
      settings: secret.settings,
      keys: secret.keys,
      find: secret.find,
      vaults: [secret.item.vault, ...secret.keys.map(({ item }) => item.vault)],
    })),
  ];
  if (app.secretsThrough === "onepassword-item") {
    return made.flatMap(({ at: place, settings, keys, find }) => {
      const used = [
        ...Object.entries(settings).flatMap(([key, value]) =>
          key === "type" || value === undefined ? [] : [key],
        ),
        ...(keys.length === 0 ? [] : ["keys"]),
        ...(find === undefined ? [] : ["find"]),
      ];
      return used.map((key) =>
        problemAt(
          `${place}.${key}`,
          `the 1Password operator copies an item as it is; remove the key, or set ${at}.secretsThrough to external-secret`,
        ),
      );
    });
  }
  return made.flatMap(({ at: place, settings, vaults }) => [
    ...problemWhen(
      settings.deletionPolicy === "Delete" && (settings.creationPolicy ?? "Owner") !== "Owner",
      `${place}.deletionPolicy`,
      `got "Delete"; External Secrets deletes only a Secret of its own; allowed with creationPolicy ${String(settings.creationPolicy)} are Retain and Merge`,
    ),
    ...(secrets.store?.connect === undefined
      ? vaults
          .filter((one) => one !== vault)
          .map((one) =>
            problemAt(
              place,
              `vault "${one}" needs a store of its own, which Berth makes only with berth:secrets.store.connect; set that, or move the item to vault "${vault}"`,
            ),
          )
      : []),
  ]);
}
