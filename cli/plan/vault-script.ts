import { escapeIdentifier } from "pg";
import { toShellWord } from "../../components/command-line.ts";
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
  if (parts.length > 0) return [toMountScript(spec, apps), ...parts].join("\n");
  throw new BerthError(
    `plan: ${apps.map(({ name }) => name).join(", ")}: no secret or login comes from Vault`,
    {
      hint: "name another app, or set credentials: vault, or from: vault for one of its secrets",
    },
  );
}

/**
 * What all apps share. A mount that is there stays as it is, and so does the config of the login method.
 *
 * @see https://developer.hashicorp.com/vault/docs/auth/kubernetes
 */
function toMountScript({ secrets }: StackSpec, apps: readonly AppSpec[]): string {
  const { authMount = "", namespace } = secrets.vault ?? {};
  const used = apps.flatMap(({ vault }) => (vault === undefined ? [] : [vault]));
  const kv = used.flatMap((one) => one.secrets.map(({ mount }) => mount));
  const database = used.flatMap(({ login }) => login?.mount ?? []);
  const auth = toShellWord(authMount);
  return [
    "# once for all apps: the mounts that are not there yet, as an administrator of Vault",
    ...(namespace === undefined ? [] : [`export VAULT_NAMESPACE=${namespace}`]),
    ...sortUnique(kv).map((mount) => toMount(mount, "-version=2", "kv")),
    ...sortUnique(database).map((mount) => toMount(mount, "database")),
    `vault auth list -format=json | grep -qF ${toShellWord(`"${authMount}/"`)} || {`,
    `  vault auth enable -path=${auth} kubernetes`,
    "  # for a Vault in the cluster; one outside also needs kubernetes_ca_cert and token_reviewer_jwt",
    `  vault write auth/${auth}/config kubernetes_host=https://kubernetes.default.svc`,
    "}",
    "",
  ].join("\n");
}

function toMount(mount: string, ...type: readonly string[]): string {
  const isThere = `vault secrets list -format=json | grep -qF ${toShellWord(`"${mount}/"`)}`;
  return `${isThere} || vault secrets enable -path=${[toShellWord(mount), ...type].join(" ")}`;
}

function sortUnique(names: readonly string[]): readonly string[] {
  return [...new Set(names)].toSorted();
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
  const allowed: readonly (readonly [path: string, right: "read" | "update"])[] = [
    ...(login === undefined
      ? []
      : [
          [`${login.mount}/${databaseCredentials(login.role)}`, "read"] as const,
          // The operator ends a lease when its VaultDynamicSecret goes.
          ["sys/leases/revoke", "update"] as const,
        ]),
    ...secrets.map(({ mount, path }) => [`${mount}/data/${path}`, "read"] as const),
  ];
  const { creation, revocation } = toVaultStatements(owner);
  const [audience] = server.audiences;
  return [
    `# app ${app.name}: run this once, as an administrator of Vault`,
    ...(login === undefined
      ? []
      : [
          `# Vault's own login to Postgres needs CREATEROLE and, granted by Berth's admin role after pulumi up:`,
          `#   GRANT ${escapeIdentifier(owner.name)} TO "‹login›" WITH ADMIN OPTION;`,
          `# Put its password into VAULT_POSTGRES_PASSWORD first. All apps may use one connection: set its name as db_name.`,
          // `echo` would add a line break, which Vault keeps.
          `[ -n "\${VAULT_POSTGRES_PASSWORD:?}" ] && printf %s "$VAULT_POSTGRES_PASSWORD" | vault write ${login.mount}/config/${app.name} plugin_name=postgresql-database-plugin \\`,
          `  allowed_roles=${login.role} password_authentication=scram-sha-256 \\`,
          `  connection_url='postgresql://{{username}}:{{password}}@${postgres.service.host}:${String(postgres.service.port)}/${toPathPart(app.database.name)}?sslmode=${postgres.tls.mode}' \\`,
          ...(postgres.tls.caFile === undefined || !postgres.tls.mode.startsWith("verify")
            ? []
            : [`  tls_ca=${toShellWord(`@${postgres.tls.caFile}`)} \\`]),
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
    ...allowed.map(([path, right]) => `path "${path}" { capabilities = ["${right}"] }`),
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
