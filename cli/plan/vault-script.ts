import { escapeIdentifier } from "pg";
import { databaseCredentials } from "../../components/config/derive/names.ts";
import type { VaultSpec } from "../../components/config/spec/secrets.ts";
import type { AppVaultSpec } from "../../components/config/spec/vault.ts";
import type { AppSpec, StackSpec } from "../../components/config/spec.ts";
import { BerthError } from "../../components/errors.ts";
import { toVaultStatements } from "../../components/postgres/statements/vault-role.ts";

/** Commands that an administrator of Vault runs once for the apps that use it. */
export function toVaultScript(spec: StackSpec, apps: readonly AppSpec[]): string {
  const parts = apps.flatMap((app) =>
    app.vault === undefined || spec.secrets.vault === undefined
      ? []
      : [toAppScript(spec, app, { server: spec.secrets.vault, ofApp: app.vault })],
  );
  if (parts.length > 0) return parts.join("\n");
  throw new BerthError(
    `plan: ${apps.map(({ name }) => name).join(", ")}: no secret or login comes from Vault`,
    {
      hint: "name another app, or set credentials: vault, or from: vault for one of its secrets",
    },
  );
}

function toAppScript(
  { postgres }: StackSpec,
  app: AppSpec,
  { server, ofApp }: { readonly server: VaultSpec; readonly ofApp: AppVaultSpec },
): string {
  const [owner] = app.roles;
  const { login, role, serviceAccount, secrets } = ofApp;
  const namespaces = [
    ...(login === undefined ? [] : [owner.namespace]),
    ...secrets.map(({ namespace }) => namespace),
  ];
  const readable = [
    ...(login === undefined ? [] : [`${login.mount}/${databaseCredentials(login.role)}`]),
    ...secrets.map(({ mount, path }) => `${mount}/data/${path}`),
  ];
  const { creation, revocation } = toVaultStatements(owner);
  const [audience] = server.audiences;
  return [
    `# app ${app.name}: run this once, as an administrator of Vault`,
    ...(server.namespace === undefined ? [] : [`export VAULT_NAMESPACE=${server.namespace}`]),
    ...(login === undefined
      ? []
      : [
          `# Vault's own login to Postgres needs CREATEROLE and, granted by Berth's admin role after pulumi up:`,
          `#   GRANT ${escapeIdentifier(owner.name)} TO "‹login›" WITH ADMIN OPTION;`,
          `# Its password is read from standard input. All apps may use one connection: set its name as db_name.`,
          `vault write ${login.mount}/config/${app.name} plugin_name=postgresql-database-plugin \\`,
          `  allowed_roles=${login.role} password_authentication=scram-sha-256 \\`,
          `  connection_url='postgresql://{{username}}:{{password}}@${postgres.service.host}:${String(postgres.service.port)}/${toPathPart(app.database.name)}?sslmode=${postgres.tls.mode}' \\`,
          `  username='‹login›' password=-`,
          ...toWrite(`${login.mount}/roles/${login.role}`, {
            db_name: app.name,
            default_ttl: "1h",
            max_ttl: "24h",
            creation_statements: creation,
            revocation_statements: revocation,
          }),
        ]),
    `vault policy write ${role} - <<'EOF'`,
    ...readable.map((path) => `path "${path}" { capabilities = ["read"] }`),
    "EOF",
    ...toWrite(`auth/${server.authMount}/role/${role}`, {
      bound_service_account_names: [serviceAccount],
      bound_service_account_namespaces: [...new Set(namespaces)].toSorted(),
      audience,
      token_policies: [role],
      token_ttl: "1h",
    }),
    "",
  ].join("\n");
}

/** Escapes a part of a URL's path, which is inside single quotes. */
function toPathPart(text: string): string {
  return encodeURIComponent(text).replaceAll("'", "%27");
}

function toWrite(path: string, body: object): readonly string[] {
  return [`vault write ${path} - <<'EOF'`, JSON.stringify(body, null, 2), "EOF"];
}
