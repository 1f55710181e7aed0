import type { VaultApp } from "../../config/spec.ts";
import { toVaultStatements } from "../../postgres/statements/vault-role.ts";
import { toMark, toMarkValue } from "../mark.ts";
import type { VaultObject, VaultObjectKind } from "../objects.ts";
import { toAppRules, toOpsRules } from "../policies.ts";
import { central, planPolicy, toAuthRole, type VaultStack } from "./parts.ts";

export function planApp(stack: VaultStack, app: VaultApp): readonly VaultObject[] {
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
    { ...planPolicy(policy, toMark(spec, app.name), toAppRules(app.vault)), app: app.name },
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
        ...toMarkValue(spec, app.name),
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
  const rules = toOpsRules(app, vault.inside.kvMount, roles);
  // To Vault one value is the same as a list of it, and Terraform's provider always sends a list.
  const bound = Object.entries(ci.claims).map(([name, value]) => [name, [value].flat()] as const);
  const claims = bound.length === 0 ? {} : { bound_claims: Object.fromEntries(bound) };
  const policies = [ci.policy, ...ci.policies];
  return [
    { ...planPolicy(ci.policy, toMark(spec, app.name), rules), app: app.name },
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
      data: { type: "internal", policies, metadata: toMarkValue(spec, app.name) },
    },
  ];
}
