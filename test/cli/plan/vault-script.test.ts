import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { execa } from "execa";
import { expect, test } from "vitest";
import { toVaultScript } from "../../../cli/plan/vault-script.ts";
import { parseStack } from "../../../components/config/parse.ts";
import type { StackSpec } from "../../../components/config/spec.ts";
import { planVault } from "../../../components/vault/plan.ts";
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

/** The calls by the path or name that they are about. */
async function runByPath(script: string, there?: string) {
  const calls = await runScript(script, there);
  return new Map(
    calls.map(({ args, input }) => [args[0] === "policy" ? args[2] : args[1], { args, input }]),
  );
}

test("a shell takes it, and Vault is handed a connection, a role, a policy and a login method", async () => {
  const spec = parse();
  const made = await runByPath(toVaultScript(spec, spec.apps));
  expect([...made.keys()]).toEqual([
    "wiki-ro",
    "auth/kubernetes/role/wiki-ro",
    "postgres/config/wiki",
    "postgres/roles/wiki",
  ]);
  const config = made.get("postgres/config/wiki");
  expect(config?.args).toEqual(
    expect.arrayContaining([
      "connection_url=postgresql://{{username}}:{{password}}@postgres-postgresql.db-postgres.svc.cluster.local:5432/o%27wiki?sslmode=verify-full",
      "password_authentication=scram-sha-256",
      `root_rotation_statements=ALTER ROLE "{{username}}" PASSWORD '{{password}}'`,
      "username=‹login›",
      "password=-",
    ]),
  );
  expect(config?.args.join(" ")).not.toContain("tls_ca");
  expect(config?.input).toBe(password);
  expect(JSON.parse(made.get("postgres/roles/wiki")?.input ?? "")).toMatchObject({
    db_name: "wiki",
    creation_statements: [
      `CREATE ROLE "{{name}}" LOGIN PASSWORD '{{password}}' VALID UNTIL '{{expiration}}'`,
      `GRANT "wiki_role" TO "{{name}}"`,
      `ALTER ROLE "{{name}}" SET role TO 'wiki_role'`,
    ],
    revocation_statements: [expect.stringContaining(`REASSIGN OWNED BY "{{name}}" TO "wiki_role"`)],
  });
  const policy = made.get("wiki-ro");
  expect(policy?.args).toEqual(["policy", "write", "wiki-ro", "-"]);
  expect(policy?.input).toBe(
    "# berth: stack prod, app wiki\n" +
      'path "postgres/creds/wiki" { capabilities = ["read"] }\n' +
      'path "sys/leases/revoke" { capabilities = ["update"] }\n' +
      'path "kvv2/data/wiki/keys" { capabilities = ["read"] }\n',
  );
  expect(JSON.parse(made.get("auth/kubernetes/role/wiki-ro")?.input ?? "")).toMatchObject({
    bound_service_account_names: ["web"],
    bound_service_account_namespaces: ["edge", "infra-wiki"],
    audience: "vault",
    token_policies: ["wiki-ro"],
  });
});

test("on a Vault without mounts it makes them first, and none that is there", async () => {
  const spec = parse({ authMount: "edge" });
  const made = async (there: string) =>
    [...(await runByPath(toVaultScript(spec, spec.apps), there)).keys()].slice(0, -4);
  expect(await made("{}")).toEqual([
    "sys/mounts/kvv2",
    "sys/mounts/postgres",
    "sys/auth/edge",
    "auth/edge/config",
  ]);
  expect(await made('{ "kvv2/": {}, "postgres/": {}, "edge/": {} }')).toEqual([]);
  expect(await made('{ "my-kvv2/": {}, "postgres/": {}, "edge/": {} }')).toEqual([
    "sys/mounts/kvv2",
  ]);
});

test("what the commands write is what the plan has, object by object", async () => {
  const ci = { mount: "git", jwksUrl: "https://git.example/keys", audience: "a" };
  const operator = { namespace: "tools" };
  const readers = { edge: { serviceAccount: "kube-system/edge", paths: ["kvv2/edge/*"] } };
  const spec = parse({ manage: { half: "none", ci, operator, readers } });
  const calls = await runScript(toVaultScript(spec, spec.apps), "{}");
  const written = calls.map(({ args, input }) => {
    if (args[0] === "policy") return [`sys/policies/acl/${args[2] ?? ""}`, { policy: input }];
    if (args[1] === "-force") return [args[2], {}];
    return [args[1], args.at(-1) === "-" ? (JSON.parse(input) as unknown) : "a connection"];
  });
  const planned = planVault(spec).map(({ kind, path: at, data }) => [
    at,
    kind === "connection" ? "a connection" : data,
  ]);
  expect(Object.fromEntries(written)).toEqual(Object.fromEntries(planned));
});

test.each([
  ["none", ["wiki-ro", "auth/kubernetes/role/wiki-ro"]],
  ["apps", ["wiki-ro"]],
  ["central", ["auth/kubernetes/role/wiki-ro"]],
])("with half: %s it has what pulumi up does not make", async (half, wanted) => {
  const database = { item: "vault-db" };
  const spec = parse({ manage: { half, database } });
  const paths = [...(await runByPath(toVaultScript(spec, spec.apps))).keys()];
  expect(paths.filter((one) => one?.includes("wiki-ro"))).toEqual(wanted);
});

test.each([
  ["verify-full", "ca's.pem", ["tls_ca=@ca's.pem"]],
  ["verify-ca", "ca.pem", ["tls_ca=@ca.pem"]],
  ["require", undefined, []],
])("the connection with %s gets the CA of the stack", async (mode, ca, wanted) => {
  const spec = parse({}, { tls: { mode, ...(ca === undefined ? {} : { ca }) } });
  const config = (await runByPath(toVaultScript(spec, spec.apps))).get("postgres/config/wiki");
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
