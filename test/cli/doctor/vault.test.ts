import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { Report } from "../../../cli/doctor/report.ts";
import { checkVault } from "../../../cli/doctor/vault.ts";
import type { World } from "../../../cli/doctor/world.ts";
import type { StackSpec } from "../../../components/config/spec.ts";
import { planVault } from "../../../components/vault/plan.ts";
import { makeSpec } from "../../fakes/stack.ts";
import { FakeVault, type VaultAnswers } from "../../vault/fake-vault.ts";

/** What `doctor` says of a Vault, by its answers. `vault/doctor.postgres.full.test.ts` asks a real one. */

const token = "canary-token-of-this-test";
const apps = {
  wiki: {
    credentials: "vault",
    vault: { restart: [] },
    secrets: {
      "wiki-config": { from: "vault", generate: { SECRET_KEY: { length: 64 } } },
      "wiki-geoip": { from: "vault", path: "shared/geoip", fields: ["LICENSE_KEY"] },
    },
  },
};
const manage = { database: { user: "vault_logins", item: "vault-db" } };

let answers: VaultAnswers;
let server: FakeVault;

const data = (value: unknown) => ({ body: { data: value } });
const open = { body: { initialized: true, sealed: false, version: "1.21.0", t: 3, progress: 0 } };
const denied = { status: 403, body: { errors: ["1 error occurred:\n\t* permission denied\n\n"] } };

beforeEach(async () => {
  answers = {
    "GET sys/seal-status": open,
    "GET auth/token/lookup-self": data({ policies: ["root"] }),
  };
  server = await FakeVault.answering(answers);
});

afterEach(async () => {
  await server.close();
});

function toSpec(vault: object = { manage }): StackSpec {
  const secrets = { vault: { address: "http://127.0.0.1:1", ...vault } };
  return makeSpec(apps, {}, "prod", { secrets });
}

/** Vault has everything as planned, and values for the apps. */
function fillVault(spec: StackSpec): void {
  for (const { path, kind, data: planned } of planVault(spec)) {
    const { root_rotation_statements: statements, ...details } = planned;
    const connection = {
      connection_details: details,
      root_credentials_rotate_statements: statements,
    };
    answers[`GET ${path}`] = data(kind === "connection" ? connection : planned);
  }
  const subkeys = (keys: object) => data({ subkeys: keys, metadata: { version: 1 } });
  answers["GET kvv2/subkeys/wiki/config"] = subkeys({ SECRET_KEY: null });
  answers["GET kvv2/subkeys/shared/geoip"] = subkeys({ LICENSE_KEY: null, OTHER: null });
  answers["LIST sys/leases/lookup/postgres/creds/wiki"] = data({ keys: ["a", "b"] });
}

async function look(spec: StackSpec, env: World["env"] = {}): Promise<readonly string[]> {
  const report = new Report();
  const world = {
    env: { VAULT_ADDR: server.address, VAULT_TOKEN: token, ...env },
  } as unknown as World;
  await checkVault(report, world, { value: spec });
  const lines = report.findings.map(
    ({ name, status, detail, fix }) =>
      `${status} ${name}: ${detail.replace(server.address, "URL")}${fix === undefined ? "" : ` (${fix})`}`,
  );
  expect(lines.join("\n")).not.toContain(token);
  return lines;
}

const all =
  "mounts, auth methods, policies, connections, roles, values and leases were not looked at";

test("nothing is said where the stack uses no Vault", async () => {
  expect(await look(makeSpec({ wiki: {} }))).toEqual([]);
  expect(server.requests).toEqual([]);
});

test("all is well, and the number of logins that last", async () => {
  const spec = toSpec();
  fillVault(spec);
  expect(await look(spec)).toEqual([
    "ok reachable: URL, Vault 1.21.0",
    "ok sealed: no",
    "ok token: valid, with the policies root",
    "ok mounts: 2 of 2 are there",
    "ok auth methods: 2 of 2 are there",
    "ok policies: 1 of 1 are there",
    "ok connections: 1 of 1 are there",
    "ok roles: 2 of 2 are there",
    "ok values: kvv2/wiki/config, kvv2/shared/geoip",
    "ok leases: wiki 2",
  ]);
});

describe("what is left out is said", () => {
  test("without a token", async () => {
    const lines = await look(toSpec(), { VAULT_TOKEN: "" });
    expect(lines.slice(0, 3)).toEqual([
      "ok reachable: URL, Vault 1.21.0",
      "ok sealed: no",
      `skipped token: because VAULT_TOKEN is not set: ${all}`,
    ]);
    expect(lines.slice(3).every((line) => line.startsWith("skipped "))).toBe(true);
    expect(server.requests).toEqual(["GET sys/seal-status"]);
  });

  test("offline, where nothing is asked", async () => {
    const lines = await look(toSpec(), { BERTH_OFFLINE: "true" });
    expect(lines[0]).toBe(`skipped reachable: because BERTH_OFFLINE is true: ${all}`);
    expect(server.requests).toEqual([]);
  });

  test("where only the cluster reaches Vault", async () => {
    const lines = await look(toSpec({}), { VAULT_ADDR: "" });
    expect(lines[0]).toMatch(
      /^warning reachable: Vault at http:\/\/127\.0\.0\.1:1 does not answer/,
    );
    expect(lines[0]).toMatch(/were not looked at \(export VAULT_ADDR, the URL of Vault as this/);
    expect(lines[1]).toBe("skipped sealed: because Vault was not reached");
    expect((await look(toSpec({})))[0]).toBe("ok reachable: URL, Vault 1.21.0");
  });

  test("where nothing says where Vault is", async () => {
    const spec = toSpec({ address: undefined, connection: "tools/default" });
    const [first] = await look(spec, { VAULT_ADDR: "" });
    expect(first).toMatch(/^warning reachable: .*address; mounts, .* \(export VAULT_ADDR/);
  });
});

describe("what stops a run is a failure", () => {
  test("a Vault that does not answer where it should", async () => {
    const [first] = await look(toSpec(), { VAULT_ADDR: "http://127.0.0.1:1" });
    expect(first).toMatch(/^failed reachable: Vault at http:\/\/127\.0\.0\.1:1 does not answer/);
  });

  test("a sealed one", async () => {
    answers["GET sys/seal-status"] = { body: { ...open.body, sealed: true, progress: 1 } };
    expect((await look(toSpec()))[1]).toBe(
      "failed sealed: Vault is sealed: it gives no secret and no login; 1 of the 3 key shares that open it were given (vault operator unseal, 2 times; who set Vault up has the shares)",
    );
  });

  test("a new one", async () => {
    answers["GET sys/seal-status"] = { body: { initialized: false, sealed: true } };
    expect((await look(toSpec()))[1]).toBe(
      "failed sealed: Vault is new: it has no keys yet (vault operator init)",
    );
    answers["GET sys/seal-status"] = open;
    expect((await look(toSpec()))[1]).toBe("ok sealed: no");
  });

  test("a wrong token", async () => {
    answers["GET auth/token/lookup-self"] = {
      status: 403,
      body: { errors: ["permission denied", "invalid token"] },
    };
    expect((await look(toSpec()))[2]).toMatch(/^failed token: .* \(.*export VAULT_TOKEN/);
    answers["GET auth/token/lookup-self"] = data({ policies: ["wiki"] });
    expect((await look(toSpec()))[2]).toBe("ok token: valid, with the policies wiki");
  });

  test("a CA that cannot be read", async () => {
    const withCa = (caFile: string) => toSpec({ manage: { ...manage, kubernetes: { caFile } } });
    fillVault(toSpec());
    const found = (await look(withCa("nowhere.pem"))).find((line) => line.includes("auth methods"));
    expect(found).toMatch(
      /^failed auth methods: nowhere\.pem cannot be read: ENOENT.* \(correct its path in the stack file, nowhere\.pem\)$/,
    );
    const other = (await look(withCa("LICENSE"))).find((line) => line.includes("auth methods"));
    expect(other).toMatch(/^warning auth methods: .*kubernetes_ca_cert is another/);
  });

  test("a mount of others that is not there", async () => {
    const spec = toSpec({ manage: { ...manage, existing: ["kvv2", "auth/kubernetes"] } });
    fillVault(spec);
    delete answers["GET sys/mounts/kvv2"];
    expect(await look(spec)).toContainEqual(
      expect.stringMatching(
        /^failed mounts: berth:secrets\.vault\.manage\.existing has kvv2, and Vault has no such mount \(take kvv2 out of/,
      ),
    );
    answers["GET sys/mounts/kvv2"] = data({ type: "kv", description: "theirs" });
    answers["GET sys/auth/kubernetes"] = data({ type: "kubernetes" });
    const lines = await look(spec);
    expect(lines).toContain("ok mounts: 2 of 2 are there");
    expect(lines).toContain("ok auth methods: 1 of 1 are there");
  });
});

describe("what is not as planned", () => {
  test("comes with pulumi up, where this stack makes it", async () => {
    const spec = toSpec();
    fillVault(spec);
    delete answers["GET sys/policies/acl/wiki"];
    answers["GET auth/kubernetes/role/wiki"] = data({
      ...planVault(spec).find(({ path }) => path === "auth/kubernetes/role/wiki")?.data,
      token_ttl: 7200,
    });
    const lines = await look(spec);
    expect(lines).toContain("ok policies: 0 of 1 are there; pulumi up makes the rest");
    expect(lines).toContain(
      "warning roles: auth/kubernetes/role/wiki: token_ttl is 7200, not 3600 (run pulumi up --stack prod)",
    );
  });

  test("is for an administrator, where pulumi up makes nothing", async () => {
    const spec = toSpec({});
    fillVault(spec);
    delete answers["GET sys/policies/acl/wiki"];
    expect(await look(spec)).toContainEqual(
      expect.stringMatching(
        /^warning policies: sys\/policies\/acl\/wiki is not there \(as an administrator of Vault run what this prints: npm run plan -- wiki --stack prod --vault\)$/,
      ),
    );
  });

  test("is the other stack's, where that makes it", async () => {
    const spec = toSpec({ manage: { half: "apps" } });
    fillVault(spec);
    delete answers["GET sys/policies/acl/wiki"];
    expect(await look(spec)).toContain(
      "warning policies: sys/policies/acl/wiki is not there (run pulumi up in the stack that makes the central half)",
    );
  });

  test("is left out, with the reason, for a token that may not read it", async () => {
    const spec = toSpec();
    fillVault(spec);
    for (const asked of ["GET sys/policies/acl/wiki", "GET kvv2/subkeys/wiki/config"]) {
      answers[asked] = denied;
    }
    answers["LIST sys/leases/lookup/postgres/creds/wiki"] = denied;
    const lines = await look(spec);
    expect(lines).toContain(
      "warning policies: the token may not read sys/policies/acl/wiki (export VAULT_TOKEN with a policy that may read them, to have them checked)",
    );
    expect(lines).toContain(
      'warning values: the token may not read which keys kvv2/wiki/config has (add to a policy of the token: path "kvv2/subkeys/wiki/config" { capabilities = ["read"] })',
    );
    expect(lines).toContain(
      "skipped leases: because the token may not list sys/leases/lookup/postgres/creds/wiki, which needs the capability sudo",
    );
  });

  test("are values that a Secret would not have", async () => {
    const spec = toSpec();
    fillVault(spec);
    delete answers["GET kvv2/subkeys/wiki/config"];
    answers["GET kvv2/subkeys/shared/geoip"] = data({
      subkeys: { OTHER: null },
      metadata: { version: 1 },
    });
    const lines = await look(spec);
    expect(lines).toContain(
      "warning values: kvv2/wiki/config is not there (npm run add -- wiki --stack prod)",
    );
    expect(lines).toContain(
      "warning values: kvv2/shared/geoip has no LICENSE_KEY (vault kv patch -mount=kvv2 shared/geoip LICENSE_KEY=-, which reads the value from its standard input)",
    );
  });
});
