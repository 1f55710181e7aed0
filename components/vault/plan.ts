import type { VaultSpec } from "../config/spec/secrets.ts";
import type { AppVaultSpec } from "../config/spec/vault.ts";
import type {
  VaultAuthRoleSpec,
  VaultCiSpec,
  VaultInsideSpec,
} from "../config/spec/vault-inside.ts";
import type { AppSpec, StackSpec } from "../config/spec.ts";
import { toVaultStatements } from "../postgres/statements/vault-role.ts";
import { toMark } from "./mark.ts";
import type { Json, VaultObject, VaultObjectKind } from "./objects.ts";
import { toAppRules, toOperatorRules, toOpsRules, toPolicy, toReaderRules } from "./policies.ts";

/** An app that takes something from Vault. */
interface VaultApp extends AppSpec {
  readonly vault: AppVaultSpec;
}

/** A stack whose stack file names a Vault. */
interface VaultStack {
  readonly spec: StackSpec;
  readonly vault: VaultSpec;
  readonly apps: readonly VaultApp[];
}

/** The order in which the objects are made. A policy comes before what it is about, since it says whose that is. */
const order: readonly VaultObjectKind[] = [
  "mount",
  "auth",
  "auth-config",
  "jwt-config",
  "transit-key",
  "policy",
  "auth-role",
  "connection",
  "database-role",
  "jwt-role",
  "group",
];

/**
 * All objects inside Vault that a stack needs, except what others made, in the order in which they are made. `pulumi
 * up`, the script of `plan --vault`, `doctor` and `report` take them from here.
 */
export function planVault(
  spec: StackSpec,
  apps: readonly AppSpec[] = spec.apps,
): readonly VaultObject[] {
  const { vault } = spec.secrets;
  const users = apps.filter((app): app is VaultApp => app.vault !== undefined);
  if (vault === undefined) return [];
  const stack = { spec, vault, apps: users };
  const all = [
    ...planMounts(stack),
    ...planShared(stack),
    ...users.flatMap((app) => planApp(stack, app)),
  ];
  return all
    .filter((object) => !isOfExisting(object, vault.inside))
    .toSorted((a, b) => order.indexOf(a.kind) - order.indexOf(b.kind));
}

/** Those that `pulumi up` makes for this stack. */
export function planManaged(spec: StackSpec): readonly VaultObject[] {
  const half = spec.secrets.vault?.inside.half ?? "none";
  if (half === "none") return [];
  return planVault(spec.vaultFor ?? spec).filter(
    (object) => half === "all" || object.half === half,
  );
}

type Shape = Pick<VaultObject, "kind" | "path"> & Partial<VaultObject>;

function central(shape: Shape): VaultObject {
  return { half: "central", app: undefined, data: {}, files: {}, ...shape };
}

/** Mount and config of others stay as they are. */
function isOfExisting({ kind, path }: VaultObject, { existing }: VaultInsideSpec): boolean {
  const mounts = existing.flatMap((mount) =>
    mount.startsWith("auth/") ? [`sys/${mount}`, `${mount}/config`] : [`sys/mounts/${mount}`],
  );
  return kind !== "connection" && mounts.includes(path);
}

/** The longest that a login or token of the stack lasts, in seconds. */
const longest = 24 * 60 * 60;

function planMounts({ spec, vault, apps }: VaultStack): readonly VaultObject[] {
  const { kvMount, operator, ci } = vault.inside;
  const description = toMark(spec);
  const kv = apps.flatMap((app) => app.vault.secrets.map(({ mount }) => mount));
  const logins = apps.flatMap((app) => app.vault.login ?? []);
  const usesKv = kv.length > 0 || ci !== undefined;
  const mount = (path: string, data: Readonly<Record<string, Json>>): VaultObject =>
    central({ kind: "mount", path: `sys/mounts/${path}`, data: { ...data, description } });
  const auth = (path: string, type: string, config?: Readonly<Record<string, Json>>): VaultObject =>
    central({
      kind: "auth",
      path: `sys/auth/${path}`,
      data: { type, description, ...(config && { config }) },
    });
  return [
    ...sortUnique([...(usesKv ? [kvMount] : []), ...kv]).map((path) =>
      mount(path, { type: "kv", options: { version: "2" } }),
    ),
    ...sortUnique(logins.map((login) => login.mount)).map((path) => {
      const ttl = Math.max(...logins.filter((one) => one.mount === path).map((one) => one.maxTtl));
      return mount(path, { type: "database", config: { max_lease_ttl: `${String(ttl)}s` } });
    }),
    ...(operator === undefined ? [] : [mount(operator.transit, { type: "transit" })]),
    auth(vault.authMount, "kubernetes", { max_lease_ttl: `${String(longest)}s` }),
    ...(ci === undefined ? [] : [auth(ci.mount, "jwt")]),
  ];
}

function planShared(stack: VaultStack): readonly VaultObject[] {
  const { vault } = stack;
  const { kubernetes, operator, ci } = vault.inside;
  return [
    central({
      kind: "auth-config",
      path: `auth/${vault.authMount}/config`,
      data: { kubernetes_host: kubernetes.host },
      files: kubernetes.caFile === undefined ? {} : { kubernetes_ca_cert: kubernetes.caFile },
    }),
    ...(ci === undefined
      ? []
      : [central({ kind: "jwt-config", path: `auth/${ci.mount}/config`, data: toJwtConfig(ci) })]),
    ...(operator === undefined
      ? []
      : [central({ kind: "transit-key", path: `${operator.transit}/keys/${operator.key}` })]),
    ...planReaders(stack),
  ];
}

function toJwtConfig({ keys, issuer }: VaultCiSpec): Readonly<Record<string, Json>> {
  const from =
    "discoveryUrl" in keys
      ? { oidc_discovery_url: keys.discoveryUrl }
      : "jwksUrl" in keys
        ? { jwks_url: keys.jwksUrl }
        : { jwt_validation_pubkeys: keys.publicKeys };
  return { ...from, ...(issuer !== undefined && { bound_issuer: issuer }) };
}

/** The operator and others who read, each with a policy and a role. */
function planReaders({ spec, vault, apps }: VaultStack): readonly VaultObject[] {
  const { kvMount, operator, readers } = vault.inside;
  const kv = apps.flatMap((app) => app.vault.secrets.map(({ mount }) => mount));
  // The longest first: one mount may begin with the name of another.
  const mounts = [kvMount, ...kv].toSorted((a, b) => b.length - a.length);
  const all = [
    ...(operator === undefined
      ? []
      : [
          {
            role: operator.role,
            policy: operator.policy,
            account: operator.account,
            rules: toOperatorRules(operator),
          },
        ]),
    ...readers.map((reader) => ({
      role: reader.name,
      policy: reader.name,
      account: reader.account,
      rules: toReaderRules(reader, mounts),
    })),
  ];
  return all.flatMap(({ role, policy, account, rules }) => [
    central({
      kind: "policy",
      path: `sys/policies/acl/${policy}`,
      data: { policy: toPolicy(toMark(spec), rules) },
    }),
    central({
      kind: "auth-role",
      path: `auth/${vault.authMount}/role/${role}`,
      data: toAuthRole(
        { name: role, accounts: [account.name], namespaces: [account.namespace] },
        policy,
        vault,
      ),
    }),
  ]);
}

function toAuthRole(
  { accounts, namespaces }: VaultAuthRoleSpec,
  policy: string,
  { audiences }: VaultSpec,
): Readonly<Record<string, Json>> {
  return {
    bound_service_account_names: accounts,
    bound_service_account_namespaces: namespaces,
    ...(audiences[0] !== undefined && { audience: audiences[0] }),
    token_policies: [policy],
    token_ttl: 3600,
  };
}

function planApp(stack: VaultStack, app: VaultApp): readonly VaultObject[] {
  const { spec, vault } = stack;
  const { policy, authRoles } = app.vault;
  const roles: readonly VaultObject[] = [
    ...authRoles.map((role) => ({
      ...ofApp(app, "auth-role", `auth/${vault.authMount}/role/${role.name}`),
      half: "apps" as const,
      data: toAuthRole(role, policy, vault),
    })),
    ...planDatabaseRole(app),
  ];
  return [
    {
      ...ofApp(app, "policy", `sys/policies/acl/${policy}`),
      data: { policy: toPolicy(toMark(spec, app.name), toAppRules(app.vault)) },
    },
    ...planConnection(stack, app),
    ...roles,
    ...planCi(stack, app, roles),
  ];
}

function ofApp({ name }: VaultApp, kind: VaultObjectKind, path: string): VaultObject {
  return { ...central({ kind, path }), app: name };
}

function planConnection({ spec, vault }: VaultStack, app: VaultApp): readonly VaultObject[] {
  const { login } = app.vault;
  if (login === undefined) return [];
  const { user, host, port } = vault.inside.database;
  const { mode, caFile } = spec.postgres.tls;
  const hasCa = caFile !== undefined && mode.startsWith("verify");
  const database = encodeURIComponent(app.database.name).replaceAll("'", "%27");
  return [
    {
      ...ofApp(app, "connection", `${login.mount}/config/${app.name}`),
      data: {
        plugin_name: "postgresql-database-plugin",
        allowed_roles: [login.role],
        password_authentication: "scram-sha-256",
        connection_url: `postgresql://{{username}}:{{password}}@${host}:${String(port)}/${database}?sslmode=${mode}`,
        username: user,
        root_rotation_statements: [`ALTER ROLE "{{username}}" PASSWORD '{{password}}'`],
        // Vault keeps a key that it does not know, so that a connection says whose it is.
        berth: toMark(spec, app.name).replace(/^berth: /, ""),
      },
      files: hasCa ? { tls_ca: caFile } : {},
    },
  ];
}

function planDatabaseRole(app: VaultApp): readonly VaultObject[] {
  const { login } = app.vault;
  if (login === undefined) return [];
  const { creation, revocation } = toVaultStatements(app.roles[0]);
  return [
    {
      ...ofApp(app, "database-role", `${login.mount}/roles/${login.role}`),
      half: "apps",
      data: {
        db_name: app.name,
        default_ttl: login.ttl,
        max_ttl: login.maxTtl,
        creation_statements: creation,
        revocation_statements: revocation,
      },
    },
  ];
}

function planCi(
  { spec, vault }: VaultStack,
  app: VaultApp,
  roles: readonly VaultObject[],
): readonly VaultObject[] {
  const { ci } = app.vault;
  const common = vault.inside.ci;
  if (ci === undefined || common === undefined) return [];
  const mark = toMark(spec, app.name);
  const claims = Object.keys(ci.claims).length === 0 ? {} : { bound_claims: ci.claims };
  const policies = [ci.policy, ...ci.policies];
  return [
    {
      ...ofApp(app, "policy", `sys/policies/acl/${ci.policy}`),
      data: { policy: toPolicy(mark, toOpsRules(app, vault.inside.kvMount, roles)) },
    },
    {
      ...ofApp(app, "jwt-role", `auth/${common.mount}/role/${ci.role}`),
      data: {
        role_type: "jwt",
        bound_audiences: [common.audience],
        user_claim: common.userClaim,
        ...claims,
        token_policies: policies,
        token_ttl: 3600,
      },
    },
    {
      ...ofApp(app, "group", `identity/group/name/${ci.group}`),
      data: {
        type: "internal",
        policies,
        metadata: { berth: mark.replace(/^berth: /, "") },
      },
    },
  ];
}

function sortUnique(names: readonly string[]): readonly string[] {
  return [...new Set(names)].toSorted();
}
