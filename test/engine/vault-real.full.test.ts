import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { readNeighbour } from "../../dev/neighbour-check.ts";
import { filesWith } from "./bed.ts";
import { buildingTime, Issuer, type Lease, VaultBed, whyNoLogin } from "./vault-bed.ts";

/** What `pulumi up` makes inside a real Vault, and the logins that this Vault makes. */

const audience = "pipelines-of-this-test";
const claims = { aud: audience, email: "ada@example.org" };

/** An app whose logins Vault makes and whose settings it holds. */
const fromVault = (name: string) => ({
  credentials: "vault",
  vault: { restart: [] },
  secrets: { [`${name}-config`]: { from: "vault" } },
});
const apps = { recipes: fromVault("recipes"), notes: fromVault("notes") };

const issuer = new Issuer();
let bed: VaultBed;

/** The token of a pipeline, or the status of the refusal. */
async function logIn(role: string, given: object): Promise<string | number> {
  const body = { role, jwt: issuer.sign({ ...claims, ...given }) };
  const path = "auth/gitea_jwt/login";
  const answer = await bed.ask({ method: "POST", path, body });
  if (answer.status !== 200) return answer.status;
  return (answer.body["auth"] as { client_token: string }).client_token;
}

const logins = (): Promise<object[]> =>
  bed.bed.sql("select rolname from pg_roles where rolname like 'v-%'");

beforeAll(async () => {
  bed = await VaultBed.open();
  bed.configure((vault) => {
    Object.assign(vault.manage, {
      operator: {},
      ci: {
        mount: "gitea_jwt",
        publicKeys: [issuer.publicKey],
        audience,
        claims: { repository: "me/{app}" },
        paths: { "kvv1/cloudflare/{app}*": ["create", "read", "update"] },
      },
      readers: { crowdsec: { serviceAccount: "kube-system/crowdsec", paths: ["kvv2/cms/*"] } },
    });
  });
  bed.setApps(apps);
  await bed.up();
}, buildingTime);

afterAll(async () => {
  await bed.close();
});

describe("after pulumi up", () => {
  it("there is nothing to do, and a refresh finds what was made", async () => {
    await bed.bed.expectNoChanges(bed.env);
    const args = ["refresh", "--yes", "--expect-no-changes"];
    const refreshed = await bed.bed.pulumi(args, bed.env);
    expect(refreshed.exitCode, refreshed.output).toBe(0);
  });

  it("neither the state nor the manifests nor what was printed holds a token or a password", async () => {
    const { password } = bed.bed.login("vault-db-credentials");
    const secrets = [bed.vault.rootToken, password];
    const { home } = bed.bed.sandbox;
    expect(await filesWith(`${home}/state`, secrets)).toEqual([]);
    expect(await filesWith(bed.bed.gitops, secrets)).toEqual([]);
    expect(secrets.filter((secret) => bed.bed.outputs.join("\n").includes(secret))).toEqual([]);
  });
});

describe("a login that Vault makes", () => {
  it("is gone with its lease, what it made stays, and the next one reads it", async () => {
    const first = await bed.lease("recipes");
    const make = "create table dishes (name text); insert into dishes values ('soup')";
    await bed.sqlAs(first, "recipes", make);
    await bed.revoke(first);
    expect(await whyNoLogin(bed.bed.sandbox, first, "recipes")).toMatch(/authentication failed/);
    expect(await bed.bed.sql(`select from pg_roles where rolname = '${first.name}'`)).toEqual([]);
    const owner = "select tableowner from pg_tables where tablename = 'dishes'";
    expect(await bed.bed.sql(owner, "recipes")).toEqual([{ tableowner: "recipes_role" }]);
    const next = await bed.lease("recipes");
    expect(await bed.sqlAs(next, "recipes", "select name from dishes")).toEqual([{ name: "soup" }]);
    await bed.revoke(next);
    await bed.bed.sql("drop table dishes", "recipes");
  });

  it("leaves nothing after a hundred leases and their ends", async () => {
    const before = await readNeighbour(bed.bed.sandbox);
    const members = "select count(*) from pg_auth_members";
    const [counted] = await bed.bed.sql(members);
    for (let round = 0; round < 10; round += 1) {
      const leases = await Promise.all(Array.from({ length: 10 }, () => bed.lease("recipes")));
      expect(new Set(leases.map(({ name }) => name)).size).toBe(10);
      await Promise.all(leases.map((lease: Lease) => bed.revoke(lease)));
    }
    expect(await logins()).toEqual([]);
    expect(await bed.bed.sql(members)).toEqual([counted]);
    const left = await bed.ask({
      method: "LIST",
      path: "sys/leases/lookup/postgres/creds/recipes",
    });
    expect(left.status).toBe(404);
    expect(await readNeighbour(bed.bed.sandbox)).toBe(before);
  });

  it("of one app does not reach the database of another", async () => {
    const lease = await bed.lease("recipes");
    expect(await whyNoLogin(bed.bed.sandbox, lease, "notes")).toMatch(/permission denied/);
    await bed.revoke(lease);
  });
});

describe("the policy of an app", () => {
  beforeEach(async () => {
    for (const app of ["recipes", "notes"]) {
      const body = { data: { KEY: `value-of-${app}` } };
      await bed.read({ method: "POST", path: `kvv2/data/${app}/config`, body });
    }
  });

  it("lets it read its own secret and take its own login, and end that", async () => {
    const token = await bed.tokenWith("recipes");
    const { status, body } = await bed.ask({ path: "kvv2/data/recipes/config", token });
    expect([status, body["data"]]).toEqual([
      200,
      expect.objectContaining({ data: { KEY: "value-of-recipes" } }),
    ]);
    const { id } = await bed.lease("recipes", token);
    const end = { method: "PUT", path: "sys/leases/revoke", body: { lease_id: id, sync: true } };
    expect((await bed.ask({ ...end, method: "PUT", token })).status).toBe(204);
  });

  it.each([
    ["the secret of another", "GET", "kvv2/data/notes/config"],
    ["the login of another", "GET", "postgres/creds/notes"],
    ["the names of secrets", "LIST", "kvv2/metadata"],
    ["its own policy", "GET", "sys/policies/acl/recipes"],
    ["its own role", "GET", "auth/kubernetes/role/recipes"],
  ] as const)("does not let it read %s", async (_, method, path) => {
    const token = await bed.tokenWith("recipes");
    expect((await bed.ask({ method, path, token })).status).toBe(403);
  });
});

describe("the pipeline of an app", () => {
  const repository = "me/recipes";

  it.each([
    ["another repository", "ci-recipes", { repository: "me/notes" }],
    ["no repository", "ci-recipes", {}],
    ["another audience", "ci-recipes", { repository, aud: "other" }],
    ["no email", "ci-recipes", { repository, email: undefined }],
    ["the role of another", "ci-notes", { repository }],
  ])("cannot log in with %s", async (_, role, given) => {
    expect(await logIn(role, given)).toBe(400);
  });

  it("writes the roles of its app as they are planned", async () => {
    const token = String(await logIn("ci-recipes", { repository }));
    for (const path of ["auth/kubernetes/role/recipes", "postgres/roles/recipes"]) {
      const planned = await bed.read({ path });
      const body = pick(planned, path.startsWith("auth") ? authKeys : databaseKeys);
      const { status } = await bed.ask({ method: "POST", path, token, body });
      expect(status, path).toBe(204);
      expect(await bed.read({ path })).toEqual(planned);
    }
  });

  it.each([
    ["auth/kubernetes/role/recipes", { bound_service_account_namespaces: ["*"] }],
    ["auth/kubernetes/role/recipes", { bound_service_account_namespaces: ["kube-system"] }],
    ["auth/kubernetes/role/recipes", { bound_service_account_names: ["*"] }],
    ["auth/kubernetes/role/recipes", { token_policies: ["recipes", "notes"] }],
    ["auth/kubernetes/role/recipes", { token_policies: ["vso-client-cache"] }],
    ["auth/kubernetes/role/recipes", { policies: ["notes"] }],
    ["auth/kubernetes/role/recipes", { audience: "" }],
    ["auth/kubernetes/role/recipes", { token_bound_cidrs: ["0.0.0.0/0"] }],
    ["auth/kubernetes/role/recipes", { alias_name_source: "serviceaccount_name" }],
    ["auth/kubernetes/role/recipes", { token_policies: [] }],
    ["auth/kubernetes/role/notes", {}],
    ["postgres/roles/recipes", { creation_statements: ["CREATE ROLE x SUPERUSER"] }],
    ["postgres/roles/recipes", { revocation_statements: ["DROP DATABASE notes"] }],
    ["postgres/roles/recipes", { rollback_statements: ["DROP DATABASE notes"] }],
    ["postgres/roles/recipes", { renew_statements: ["DROP DATABASE notes"] }],
    ["postgres/roles/recipes", { db_name: "notes" }],
    ["postgres/roles/recipes", { revocation_statements: [] }],
    ["postgres/roles/recipes", { credential_type: "rsa_private_key" }],
    ["postgres/roles/notes", {}],
    ["postgres/config/recipes", { allowed_roles: ["*"] }],
    ["sys/policies/acl/recipes", { policy: 'path "*" { capabilities = ["sudo"] }' }],
    ["sys/policies/acl/recipes-ops", { policy: 'path "*" { capabilities = ["sudo"] }' }],
    ["auth/gitea_jwt/role/ci-recipes", { bound_claims: {} }],
    ["identity/group", { name: "recipes-ops", policies: ["root"] }],
    ["auth/token/create", { policies: ["notes"] }],
  ])("cannot widen what it has: %s %j", async (path, change) => {
    const token = String(await logIn("ci-recipes", { repository }));
    const live = (await bed.ask({ path })).body["data"] as Record<string, unknown> | undefined;
    const keys = path.startsWith("auth/kubernetes")
      ? authKeys
      : path.startsWith("postgres/roles")
        ? databaseKeys
        : [];
    const body = { ...pick(live ?? {}, keys), ...change };
    const { status } = await bed.ask({ method: "POST", path, token, body });
    expect([400, 403]).toContain(status);
    const after = (await bed.ask({ path })).body["data"];
    expect(after).toEqual(live);
  });

  it("lengthens no lease beyond what its mount allows", async () => {
    const token = String(await logIn("ci-recipes", { repository }));
    const path = "postgres/roles/recipes";
    const planned = pick(await bed.read({ path }), databaseKeys);
    const body = { ...planned, default_ttl: "9999h", max_ttl: "9999h" };
    expect((await bed.ask({ method: "POST", path, token, body })).status).toBeLessThan(300);
    const { body: lease } = await bed.ask({ path: "postgres/creds/recipes" });
    expect(lease["lease_duration"]).toBeLessThanOrEqual(86_400);
    await bed.read({
      method: "PUT",
      path: "sys/leases/revoke",
      body: { lease_id: lease["lease_id"], sync: true },
    });
    await bed.read({ method: "POST", path, body: planned });
  });

  it.each([
    ["the secret of another app", "GET", "kvv2/data/notes/config"],
    ["a login of another app", "GET", "postgres/creds/notes"],
    ["further paths of another app", "GET", "kvv1/cloudflare/notes"],
    ["the connection", "GET", "postgres/config/recipes"],
  ] as const)("cannot read %s", async (_, method, path) => {
    const token = String(await logIn("ci-recipes", { repository }));
    expect((await bed.ask({ method, path, token })).status).toBe(403);
  });

  it("writes, deletes and destroys the secrets of its app", async () => {
    const token = String(await logIn("ci-recipes", { repository }));
    const write = { method: "POST", token } as const;
    const statuses = [
      await bed.ask({ ...write, path: "kvv2/data/recipes/extra", body: { data: { a: "b" } } }),
      await bed.ask({ ...write, path: "kvv2/delete/recipes/extra", body: { versions: [1] } }),
      await bed.ask({ ...write, path: "kvv2/undelete/recipes/extra", body: { versions: [1] } }),
      await bed.ask({ ...write, path: "kvv2/destroy/recipes/extra", body: { versions: [1] } }),
      await bed.ask({ method: "DELETE", token, path: "kvv2/metadata/recipes/extra" }),
    ].map(({ status }) => status);
    expect(statuses).toEqual([200, 204, 204, 204, 204]);
  });
});

/** What a role has in a request that makes it. */
const authKeys = [
  "bound_service_account_names",
  "bound_service_account_namespaces",
  "audience",
  "token_policies",
  "token_ttl",
];
const databaseKeys = [
  "db_name",
  "creation_statements",
  "revocation_statements",
  "default_ttl",
  "max_ttl",
];

function pick(data: Record<string, unknown>, keys: readonly string[]): Record<string, unknown> {
  return Object.fromEntries(Object.entries(data).filter(([key]) => keys.includes(key)));
}
