import { escapeIdentifier } from "pg";
import { toShellWord } from "../../components/command-line.ts";
import type { VaultInsideSpec } from "../../components/config/spec/vault-inside.ts";
import type { AppSpec, StackSpec } from "../../components/config/spec.ts";
import { BerthError } from "../../components/errors.ts";
import type { Json, VaultObject } from "../../components/vault/objects.ts";
import { planVault } from "../../components/vault/plan.ts";

/** Commands for an administrator of Vault: those of the objects that `pulumi up` does not make, or of all. */
export function toVaultScript(spec: StackSpec, apps: readonly AppSpec[]): string {
  const users = apps.filter((app) => app.vault !== undefined);
  const { vault } = spec.secrets;
  if (vault === undefined || users.length === 0) {
    throw new BerthError(
      `plan: ${apps.map(({ name }) => name).join(", ")}: no secret or login comes from Vault`,
      {
        hint: "name another app, or set credentials: vault, or from: vault for one of its secrets",
      },
    );
  }
  const { half } = vault.inside;
  const objects = planVault(spec, users).filter((object) => isForScript(object, half));
  const { namespace } = vault;
  return [
    ...toSharedScript(objects, namespace),
    ...users.flatMap((app) => toAppScript(app, objects, vault.inside)),
  ].join("\n");
}

/** Of two halves the one that is left; where `pulumi up` makes both or none, both. */
function isForScript({ half }: VaultObject, managed: VaultInsideSpec["half"]): boolean {
  return managed === "all" || managed === "none" || half !== managed;
}

/** What all apps share. A mount that is there stays as it is, and so does its config. */
function toSharedScript(
  objects: readonly VaultObject[],
  namespace: string | undefined,
): readonly string[] {
  const shared = objects.filter(({ app }) => app === undefined);
  const configs = shared.filter(({ kind }) => kind === "auth-config" || kind === "jwt-config");
  const rest = shared.filter(({ kind }) => !["mount", "auth"].includes(kind));
  return [
    "# once for all apps, as an administrator of Vault: the mounts that are not there yet, and what apps share",
    ...(namespace === undefined ? [] : [`export VAULT_NAMESPACE=${namespace}`]),
    ...shared.filter(({ kind }) => kind === "mount").flatMap((one) => toMount(one, [])),
    ...shared
      .filter(({ kind }) => kind === "auth")
      .flatMap((one) => {
        const inside = `${one.path.replace(/^sys\//, "")}/config`;
        return toMount(
          one,
          configs.filter(({ path }) => path === inside),
        );
      }),
    ...rest.filter((one) => !configs.includes(one)).flatMap(toWrite),
    "",
  ];
}

function toMount(object: VaultObject, configs: readonly VaultObject[]): readonly string[] {
  const [, table = "", name = ""] = /^sys\/(mounts|auth)\/(.+)$/.exec(object.path) ?? [];
  const list = table === "auth" ? "auth" : "secrets";
  return [
    `vault ${list} list -format=json | grep -qF ${toShellWord(`"${name}/"`)} || {`,
    ...toWrite(object),
    ...configs.flatMap((config) => [
      ...("kubernetes_host" in config.data && !("kubernetes_ca_cert" in config.files)
        ? ["# for a Vault in the cluster; one outside also needs kubernetes_ca_cert"]
        : []),
      ...toWrite(config),
    ]),
    "}",
  ];
}

function toAppScript(
  { name, roles }: AppSpec,
  objects: readonly VaultObject[],
  { database }: VaultInsideSpec,
): readonly string[] {
  const own = objects.filter(({ app }) => app === name);
  if (own.length === 0) return [];
  const [owner] = roles;
  return [
    `# app ${name}: run this once, as an administrator of Vault`,
    ...own.flatMap((object) =>
      object.kind === "connection"
        ? [
            `# Vault's own login to Postgres needs CREATEROLE and, granted by Berth's admin role after pulumi up:`,
            `#   GRANT ${escapeIdentifier(owner.name)} TO ${escapeIdentifier(database.user)} WITH ADMIN OPTION;`,
            "# Put its password into VAULT_POSTGRES_PASSWORD first.",
            ...toConnection(object),
          ]
        : toWrite(object),
    ),
    "",
  ];
}

function toWrite({ kind, path, data, files }: VaultObject): readonly string[] {
  const { policy } = data;
  if (kind === "policy" && typeof policy === "string") {
    const name = path.replace("sys/policies/acl/", "");
    return [`vault policy write ${name} - <<'EOF'`, policy.trimEnd(), "EOF"];
  }
  const texts = toFileArgs(files).map((arg) => `${arg} `);
  const force = Object.keys({ ...data, ...files }).length === 0;
  if (force) return [`vault write -force ${path}`];
  return [`vault write ${path} ${texts.join("")}- <<'EOF'`, JSON.stringify(data, null, 2), "EOF"];
}

/** The password comes from the input, and so nothing else does. `echo` would add a line break, which Vault keeps. */
function toConnection({ path, data, files }: VaultObject): readonly string[] {
  const args = [
    ...Object.entries(data).map(([key, value]) => toShellWord(`${key}=${toText(value)}`)),
    ...toFileArgs(files),
    "password=-",
  ];
  return [
    `[ -n "\${VAULT_POSTGRES_PASSWORD:?}" ] && printf %s "$VAULT_POSTGRES_PASSWORD" | vault write ${path} \\`,
    args.map((arg) => `  ${arg}`).join(" \\\n"),
  ];
}

/** A list of one is what Vault makes of its text. */
function toText(value: Json): string {
  if (Array.isArray(value)) return value.map(String).join(",");
  return typeof value === "string" ? value : JSON.stringify(value);
}

function toFileArgs(files: VaultObject["files"]): readonly string[] {
  return Object.entries(files).map(([key, file]) => toShellWord(`${key}=@${file}`));
}
