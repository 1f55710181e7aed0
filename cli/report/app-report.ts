import { databaseCredentials } from "../../components/config/derive/names.ts";
import { hasItem } from "../../components/config/logins.ts";
import type { ItemRef } from "../../components/config/spec/item.ts";
import type { SecretsThrough } from "../../components/config/spec/secrets.ts";
import type { AppSpec, StackSpec } from "../../components/config/spec.ts";
import { type AccessMatrix, toAccessMatrix } from "../../components/postgres/plan/access-matrix.ts";
import { planDatabase } from "../../components/postgres/plan/plan.ts";
import { findReach, listReach, type Reach } from "./reach.ts";

/** One app; an entry of the `--json` output. */
export interface AppReport {
  readonly app: string;
  readonly namespace: string;
  readonly database: string;
  readonly access: AccessMatrix;
  /** Memberships between this app and others. */
  readonly reach: readonly Reach[];
  readonly secrets: readonly SecretReport[];
}

export interface SecretReport {
  /** The role or the two logins whose credential it is; undefined = it is not a credential for Postgres. */
  readonly role: string | undefined;
  readonly source: "1Password" | "Vault";
  /** `vault/item` of 1Password, or `mount/path` of Vault. */
  readonly item: string;
  readonly secret: string;
  /** Kind of the manifest that makes the Secret; undefined = the app has no manifests. */
  readonly kind: string | undefined;
  /** Namespaces with the Secret; empty = the app has no manifests. */
  readonly namespaces: readonly string[];
}

export function toReport(app: AppSpec, spec: StackSpec): AppReport {
  const format = ({ vault, item }: ItemRef): string => `${vault}/${item}`;
  const deliveredTo = (all: readonly string[]): string[] =>
    app.delivery === "none" ? [] : [...new Set(all)];
  const by = (kind: string): string | undefined => (app.delivery === "none" ? undefined : kind);
  const ofItem = { source: "1Password", kind: by(kindOfItem[app.secretsThrough]) } as const;
  return {
    app: app.name,
    namespace: app.namespace,
    database: app.database.name,
    access: toAccessMatrix(planDatabase(app, spec.postgres)),
    reach: findReach(app, listReach(spec)),
    secrets: [
      ...toLoginReport(app, { deliveredTo, by }),
      ...app.roles.filter(hasItem).map(({ name, logins, item, secretName, namespace }) => ({
        ...ofItem,
        role: logins?.join(" or ") ?? name,
        item: format(item),
        secret: secretName,
        // The credential goes to the database's namespace as well.
        namespaces: deliveredTo([spec.postgres.namespace, namespace]),
      })),
      ...app.secrets.map(({ name, item, namespace }) => ({
        ...ofItem,
        role: undefined,
        item: format(item),
        secret: name,
        namespaces: deliveredTo([namespace]),
      })),
      ...(app.vault?.secrets ?? []).map(({ name, mount, path, namespace }) => ({
        ...({ source: "Vault", kind: by("VaultStaticSecret") } as const),
        role: undefined,
        item: `${mount}/${path}`,
        secret: name,
        namespaces: deliveredTo([namespace]),
      })),
    ],
  };
}

/** The owner's login, if Vault makes it. */
function toLoginReport(
  { vault, roles: [owner] }: AppSpec,
  to: {
    readonly deliveredTo: (all: readonly string[]) => string[];
    readonly by: (kind: string) => string | undefined;
  },
): SecretReport[] {
  if (vault?.login === undefined) return [];
  const { mount, role } = vault.login;
  return [
    {
      ...{ source: "Vault", kind: to.by("VaultDynamicSecret"), role: `logins of ${owner.name}` },
      item: `${mount}/${databaseCredentials(role)}`,
      secret: owner.secretName,
      namespaces: to.deliveredTo([owner.namespace]),
    },
  ];
}

const kindOfItem: Readonly<Record<SecretsThrough, string>> = {
  "onepassword-item": "OnePasswordItem",
  "external-secret": "ExternalSecret",
};
