import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { execa } from "execa";
import { expect, test } from "vitest";
import { toVaultScript } from "../../../cli/plan/vault-script.ts";
import { parseStack } from "../../../components/config/parse.ts";
import type { StackSpec } from "../../../components/config/spec.ts";
import { writeStack } from "../../fakes/stack.ts";

const apps = {
  plain: null,
  wiki: {
    credentials: "vault",
    secrets: { "wiki-keys": { from: "vault", namespace: "edge" } },
    database: { name: "o'wiki" },
    vault: { restart: [], role: "wiki-ro", serviceAccount: "web" },
  },
};

function parse(vault: object = {}): StackSpec {
  const secrets = { vault: { connection: "tools/default", ...vault } };
  return parseStack("prod", { ...writeStack(apps), secrets });
}

/** What a shell would hand to `vault`, call by call. */
async function runScript(script: string): Promise<{ args: string[]; input: string }[]> {
  const folder = mkdtempSync(path.join(tmpdir(), "berth-vault-"));
  try {
    const note = `printf '%s\\0' "$@" >"$D/$n.args"; [ "\${!#}" = - ] && cat >"$D/$n.in"; n=$((n + 1)); true`;
    const program = `n=0; vault() { ${note}; }; ${script}\necho "$n"`;
    const { stdout } = await execa("bash", ["-euc", program], { env: { D: folder } });
    return Array.from({ length: Number(stdout.split("\n").at(-1)) }, (_, index) => {
      const args = readFileSync(path.join(folder, `${String(index)}.args`), "utf8").split("\0");
      const hasInput = args.at(-2) === "-";
      const input = hasInput ? readFileSync(path.join(folder, `${String(index)}.in`), "utf8") : "";
      return { args: args.slice(0, -1), input };
    });
  } finally {
    rmSync(folder, { recursive: true });
  }
}

test("a shell takes it, and Vault is handed a connection, a role, a policy and a login method", async () => {
  const spec = parse();
  const [config, role, policy, auth, ...more] = await runScript(toVaultScript(spec, spec.apps));
  expect(more).toEqual([]);
  expect(config?.args).toEqual(
    expect.arrayContaining([
      "postgres/config/wiki",
      "connection_url=postgresql://{{username}}:{{password}}@postgres-postgresql.db-postgres.svc.cluster.local:5432/o%27wiki?sslmode=verify-full",
      "password_authentication=scram-sha-256",
      "password=-",
    ]),
  );
  expect(role?.args).toEqual(["write", "postgres/roles/wiki", "-"]);
  expect(JSON.parse(role?.input ?? "")).toMatchObject({
    db_name: "wiki",
    creation_statements: [
      `CREATE ROLE "{{name}}" LOGIN PASSWORD '{{password}}' VALID UNTIL '{{expiration}}'`,
      `GRANT "wiki_role" TO "{{name}}"`,
      `ALTER ROLE "{{name}}" SET role TO 'wiki_role'`,
    ],
    revocation_statements: [expect.stringContaining(`REASSIGN OWNED BY "{{name}}" TO "wiki_role"`)],
  });
  expect(policy?.args).toEqual(["policy", "write", "wiki-ro", "-"]);
  expect(policy?.input).toBe(
    'path "postgres/creds/wiki" { capabilities = ["read"] }\n' +
      'path "kvv2/data/wiki/keys" { capabilities = ["read"] }\n',
  );
  expect(auth?.args).toEqual(["write", "auth/kubernetes/role/wiki-ro", "-"]);
  expect(JSON.parse(auth?.input ?? "")).toMatchObject({
    bound_service_account_names: ["web"],
    bound_service_account_namespaces: ["edge", "infra-wiki"],
    audience: "vault",
    token_policies: ["wiki-ro"],
  });
});

test("it is said which namespace of Vault, and by whom its own login gets its rights", () => {
  const script = toVaultScript(parse({ namespace: "admin" }), parse().apps);
  expect(script).toContain("export VAULT_NAMESPACE=admin\n");
  expect(script).toContain('GRANT "wiki_role" TO "‹login›" WITH ADMIN OPTION;');
});

test("an app that takes nothing from there is an error", () => {
  const spec = parse();
  expect(() => toVaultScript(spec, spec.apps.slice(0, 1))).toThrow(
    "plan: plain: no secret or login comes from Vault",
  );
});
