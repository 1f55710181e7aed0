import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { execa } from "execa";
import { expect, test } from "vitest";
import { toVaultScript } from "../../../cli/plan/vault-script.ts";
import { parseStack } from "../../../components/config/parse.ts";
import type { StackSpec } from "../../../components/config/spec.ts";
import { type Written, writeStack } from "../../fakes/stack.ts";

const apps = {
  plain: null,
  wiki: {
    credentials: "vault",
    secrets: { "wiki-keys": { from: "vault", namespace: "edge" } },
    database: { name: "o'wiki" },
    vault: { restart: [], role: "wiki-ro", serviceAccount: "web" },
  },
};

function parse(vault: object = {}, postgres: Written = {}): StackSpec {
  const secrets = { vault: { connection: "tools/default", ...vault } };
  return parseStack("prod", { ...writeStack(apps, postgres), secrets });
}

const password = "pass word\\n%s'";

/**
 * What a shell would hand to `vault`, call by call.
 *
 * @param there What `vault secrets list` and `vault auth list` answer.
 */
async function runScript(
  script: string,
  there = '{ "postgres/": {}, "kvv2/": {}, "kubernetes/": {} }',
): Promise<{ args: string[]; input: string }[]> {
  const folder = mkdtempSync(path.join(tmpdir(), "berth-vault-"));
  try {
    // A pipe runs it in a shell of its own, so the count is in a file.
    const count = `n=$(cat "$D/n"); echo $((n + 1)) >"$D/n"`;
    const list = `[ "$2" = list ] && { printf %s "$THERE"; return; }`;
    const note = `printf '%s\\0' "$@" >"$D/$n.args"; case "\${!#}" in *-) cat >"$D/$n.in";; esac; true`;
    const program = `echo 0 >"$D/n"; vault() { ${list}; ${count}; ${note}; }; ${script}\ncat "$D/n"`;
    const { stdout } = await execa("bash", ["-euo", "pipefail", "-c", program], {
      env: { D: folder, THERE: there, VAULT_POSTGRES_PASSWORD: password },
    });
    return Array.from({ length: Number(stdout.split("\n").at(-1)) }, (_, index) => {
      const args = readFileSync(path.join(folder, `${String(index)}.args`), "utf8").split("\0");
      const hasInput = args.at(-2)?.endsWith("-") === true;
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
  expect(config?.args.join(" ")).not.toContain("tls_ca");
  expect(config?.input).toBe(password);
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
      'path "sys/leases/revoke" { capabilities = ["update"] }\n' +
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

test("on a Vault without mounts it makes them first, and none that is there", async () => {
  const spec = parse({ authMount: "edge" });
  const made = (there: string) =>
    runScript(toVaultScript(spec, spec.apps), there).then((calls) =>
      calls.map(({ args }) => args.join(" ")).slice(0, -4),
    );
  expect(await made("{}")).toEqual([
    "secrets enable -path=kvv2 -version=2 kv",
    "secrets enable -path=postgres database",
    "auth enable -path=edge kubernetes",
    "write auth/edge/config kubernetes_host=https://kubernetes.default.svc",
  ]);
  expect(await made('{ "kvv2/": {}, "postgres/": {}, "edge/": {} }')).toEqual([]);
  expect(await made('{ "my-kvv2/": {}, "postgres/": {}, "edge/": {} }')).toEqual([
    "secrets enable -path=kvv2 -version=2 kv",
  ]);
});

test.each([
  ["verify-full", "ca's.pem", ["tls_ca=@ca's.pem"]],
  ["verify-ca", "ca.pem", ["tls_ca=@ca.pem"]],
  ["require", undefined, []],
])("the connection with %s gets the CA of the stack", async (mode, ca, wanted) => {
  const spec = parse({}, { tls: { mode, ...(ca === undefined ? {} : { ca }) } });
  const calls = await runScript(toVaultScript(spec, spec.apps));
  const [config] = calls;
  expect(config?.args.filter((arg) => arg.startsWith("tls_ca"))).toEqual(wanted);
});

test("it does nothing without the password of Vault's own login", async () => {
  const spec = parse();
  const program = `vault() { echo "called $*" >&2; }; ${toVaultScript(spec, spec.apps)}`;
  const { exitCode, stderr } = await execa("bash", ["-euo", "pipefail", "-c", program], {
    reject: false,
  });
  expect(exitCode).not.toBe(0);
  expect(stderr).toContain("VAULT_POSTGRES_PASSWORD");
  expect(stderr).not.toContain("called write postgres");
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
