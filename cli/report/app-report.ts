import { databaseCredentials } from "../../components/config/derive/names.ts";
import { hasItem } from "../../components/config/logins.ts";
import { describeItem } from "../../components/config/spec/item.ts";
import type { SecretsThrough } from "../../components/config/spec/secrets.ts";
import type { AppSpec, StackSpec } from "../../components/config/spec.ts";
import {
  contentOfRole,
  contentOfSecret,
  contentOfVault,
  type SecretContent,
} from "../../components/config/values/secret-contents.ts";
import { type AccessMatrix, toAccessMatrix } from "../../components/postgres/plan/access-matrix.ts";
import { planDatabase } from "../../components/postgres/plan/plan.ts";
import { compareText } from "../../components/sort.ts";
import { whenGiven } from "../../components/when.ts";
import { findReach, listReach, type Reach } from "./reach.ts";

/** One app; an entry of the `--json` output. */
export interface AppReport {
  readonly app: string;
  readonly namespace: string;
  readonly database: string;
  /** The app's other databases, in which its roles may do the same; undefined = none. */
  readonly furtherDatabases?: readonly string[];
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
  readonly keys: readonly string[];
  /** The item or Vault may have more keys; nobody has read them. */
  readonly hasMore: boolean;
}

/** The keys of a Secret, or of a path in Vault, for people. */
export function describeKeys({ keys, hasMore }: Pick<SecretReport, "keys" | "hasMore">): string {
  return [...keys, ...(hasMore ? ["…"] : [])].join(", ");
}

function toKeys({ keys, isComplete }: SecretContent): Pick<SecretReport, "keys" | "hasMore"> {
  return { keys: keys.toSorted(compareText), hasMore: !isComplete };
}

/** A report reads no items. */
const unread = (): undefined => undefined;

export function toReport(app: AppSpec, spec: StackSpec): AppReport {
  const further = app.database.names.slice(1);
  const deliveredTo = (all: readonly string[]): string[] =>
    app.delivery === "none" ? [] : [...new Set(all)];
  const by = (kind: string): string | undefined => (app.delivery === "none" ? undefined : kind);
  const ofItem = { source: "1Password", kind: by(kindOfItem[app.secretsThrough]) } as const;
  const ofVault = (kind: string) => ({ source: "Vault", kind: by(kind) }) as const;
  const [owner] = app.roles;
  return {
    app: app.name,
    namespace: app.namespace,
    database: app.database.name,
    ...(further.length === 0 ? {} : { furtherDatabases: further }),
    access: toAccessMatrix(planDatabase(app, spec.postgres)),
    reach: findReach(app, listReach(spec)),
    secrets: [
      ...whenGiven(app.vault?.login, ({ mount, role }) => ({
        ...ofVault("VaultDynamicSecret"),
        role: `logins of ${owner.name}`,
        item: `${mount}/${databaseCredentials(role)}`,
        secret: owner.secretName,
        namespaces: deliveredTo([owner.namespace]),
        ...toKeys(contentOfRole(app, owner, unread)),
      })),
      ...app.roles.filter(hasItem).map((role) => ({
        ...ofItem,
        role: role.logins?.join(" or ") ?? role.name,
        item: describeItem(role.item),
        secret: role.secretName,
        // The credential goes to the database's namespace as well.
        namespaces: deliveredTo([spec.postgres.namespace, role.namespace]),
        ...toKeys(contentOfRole(app, role, unread)),
      })),
      ...app.secrets.map((secret) => ({
        ...ofItem,
        role: undefined,
        item: describeItem(secret.item),
        secret: secret.name,
        namespaces: deliveredTo([secret.namespace]),
        ...toKeys(contentOfSecret(app, secret, unread)),
      })),
      ...(app.vault?.secrets ?? []).map((secret) => ({
        ...ofVault("VaultStaticSecret"),
        role: undefined,
        item: `${secret.mount}/${secret.path}`,
        secret: secret.name,
        namespaces: deliveredTo([secret.namespace]),
        ...toKeys(contentOfVault(secret)),
      })),
    ],
  };
}

const kindOfItem: Readonly<Record<SecretsThrough, string>> = {
  "onepassword-item": "OnePasswordItem",
  "external-secret": "ExternalSecret",
};
