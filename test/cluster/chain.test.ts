import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { waitFor } from "../../dev/cluster/wait-for.ts";
import { keepSafe } from "../engine/use-bed.ts";
import { deliverItems } from "./argocd.ts";
import { ClusterBed } from "./cluster-bed.ts";
import { certificateFiles, makeEdgeVault } from "./edge-vault.ts";
import { rotate, rotationRights } from "./rotate.ts";

/**
 * The chain, with every part real but Argo CD: `pulumi up` through the port-forward, OnePasswordItems,
 * the operator's Secrets, and a login with exactly what a Secret holds.
 */

let cluster: ClusterBed;
let delivered: string[];

beforeAll(async () => {
  cluster = await ClusterBed.open("db-postgres", { vaults: [makeEdgeVault()] });
  cluster.bed.configure((config) => {
    const { secrets } = config["berth:apps"]["netbox"] as { secrets: Record<string, object> };
    secrets["netbox-tls"] = {
      item: { title: "certificates", vault: "Edge" },
      files: Object.keys(certificateFiles),
      type: "kubernetes.io/tls",
    };
  });
  await cluster.startOperator();
});

afterAll(async () => {
  await cluster.close();
});

keepSafe(() => cluster.bed);

beforeAll(async () => {
  await cluster.bed.bringUp();
  delivered = await deliverItems(cluster.cluster, cluster.bed.gitops);
});

/** What a Secret holds, or a failure. */
async function secret(namespace: string, name: string): Promise<Record<string, string>> {
  const found = await cluster.secret(namespace, name);
  if (found === undefined) throw new Error(`no Secret ${namespace}/${name}`);
  return found;
}

/** Logs in with the Secret's bytes and nothing else, and asks who it is. */
async function logIn(namespace: string, name: string, database: string): Promise<unknown> {
  const { username, password } = await secret(namespace, name);
  const login = { name: username ?? "", password: password ?? "" };
  const [row] = await cluster.bed.sqlAs(
    login,
    database,
    "select current_user::text as role, 1 as one",
  );
  return row;
}

describe("the Secrets of the app", () => {
  it("are in its namespace, with the keys that the stack names", async () => {
    const keys = async (name: string): Promise<string[]> =>
      Object.keys(await secret("infra-netbox", name)).sort();
    expect(await keys("netbox-db-credentials")).toEqual(
      expect.arrayContaining(["password", "username"]),
    );
    expect(await keys("netbox-redis-credentials")).toContain("password");
    expect(await keys("netbox-django-secret")).toEqual(
      expect.arrayContaining(["email_password", "secret_key"]),
    );
    expect(await keys("netbox-superuser")).toEqual(
      expect.arrayContaining(["api_token", "email", "password", "username"]),
    );
  });

  it("are in the database's namespace too, beside the admin's, which is in no other", async () => {
    expect(delivered).toContain("db-postgres/netbox-db-credentials");
    expect(delivered).toContain("db-postgres/postgres-admin");
    const list = await cluster.api.list("v1", "Secret");
    const { password } = cluster.bed.login("postgres-admin");
    const holders = list.items
      .filter((item) => {
        const { data = {} } = item as { data?: Record<string, string> };
        return Object.values(data).some((v) => Buffer.from(v, "base64").toString() === password);
      })
      .map(({ metadata }) => `${metadata?.namespace ?? ""}/${metadata?.name ?? ""}`);
    expect(holders).toEqual(["db-postgres/postgres-admin"]);
    const names = list.items.filter(({ metadata }) => metadata?.name === "postgres-admin");
    expect(names).toHaveLength(1);
  });

  it("hold byte for byte what the items hold", async () => {
    const item = cluster.bed.login("netbox-db-credentials");
    for (const namespace of ["infra-netbox", "db-postgres"]) {
      const { username, password } = await secret(namespace, "netbox-db-credentials");
      expect({ name: username, password }).toEqual(item);
    }
  });

  it("hold the files of an item of another vault, in a Secret of their type", async () => {
    expect(await cluster.secretBytes("infra-netbox", "netbox-tls")).toEqual({
      ...certificateFiles,
      note: Buffer.from("for the edge"),
    });
    expect(await cluster.read("v1", "Secret", "infra-netbox", "netbox-tls")).toMatchObject({
      type: "kubernetes.io/tls",
    });
  });
});

describe("Postgres", () => {
  it.each([
    ["infra-netbox", "netbox-db-credentials", "netbox", "netbox"],
    ["db-postgres", "netbox-db-credentials", "netbox", "netbox"],
    ["db-postgres", "postgres-admin", "postgres", "coachlight_admin"],
    ["westside-admin", "basketball-admin-db-credentials", "basketball", "admin_app"],
  ])("lets in with the Secret %s/%s", async (namespace, name, database, role) => {
    expect(await logIn(namespace, name, database)).toEqual({ role, one: 1 });
  });

  it("has the database with its owner, and grants to nobody else", async () => {
    const [database] = await cluster.bed.sql(
      `select pg_get_userbyid(datdba) as owner,
         has_database_privilege('netbox', 'netbox', 'CONNECT, CREATE, TEMPORARY') as own,
         has_database_privilege('paperless', 'netbox', 'CONNECT') as neighbours
       from pg_database where datname = 'netbox'`,
    );
    expect(database).toEqual({ owner: "netbox", own: true, neighbours: false });
    const [role] = await cluster.bed.sql(
      `select rolcanlogin, rolsuper, rolcreatedb, rolcreaterole, rolreplication, rolbypassrls
       from pg_roles where rolname = 'netbox'`,
    );
    expect(role).toEqual({
      rolcanlogin: true,
      rolsuper: false,
      rolcreatedb: false,
      rolcreaterole: false,
      rolreplication: false,
      rolbypassrls: false,
    });
  });
});

describe("a changed password", () => {
  it("reaches the Secrets through the operator and the role through pulumi up", async () => {
    const before = await secret("infra-netbox", "netbox-db-credentials");
    const changed = `Canary-rotated-"\\'$ %3A@/é-0123456789`;
    await cluster.bed.setField("netbox-db-credentials", "password", changed);
    for (const namespace of ["infra-netbox", "db-postgres"]) {
      await waitFor(`the new password in ${namespace}`, async () => {
        const { password } = await secret(namespace, "netbox-db-credentials");
        return password === changed ? true : undefined;
      });
    }
    await expect(logIn("infra-netbox", "netbox-db-credentials", "netbox")).rejects.toThrow();
    expect(await cluster.bed.bringUp()).toContain("1 updated");
    expect(await logIn("infra-netbox", "netbox-db-credentials", "netbox")).toMatchObject({
      role: "netbox",
    });
    expect(changed).not.toBe(before["password"]);
    expect(cluster.bed.outputs.join("\n")).not.toContain(changed);
  });

  it("leaves nothing to do", async () => {
    await cluster.bed.expectNoChanges();
  });
});

describe("rotate", () => {
  it("says so where it may not see the Secret", async () => {
    const { exitCode, report, stderr } = await rotate(cluster, "netbox");
    expect(exitCode, stderr).toBe(0);
    expect(report).toMatchObject({
      secret: { name: "infra-netbox/netbox-db-credentials", outcome: "unseen" },
      verified: true,
      next: expect.stringContaining("could not be looked at") as unknown,
    });
  });

  it("waits until the operator has brought the password to the Secret", async () => {
    await cluster.applyAll(rotationRights("infra-netbox", [["get", "", "secrets"]]));
    const { exitCode, report, stderr } = await rotate(cluster, "netbox");
    expect(exitCode, stderr).toBe(0);
    expect(report).toMatchObject({
      secret: { name: "infra-netbox/netbox-db-credentials", outcome: "arrived" },
      verified: true,
      next: "restart what reads it: kubectl -n infra-netbox rollout restart deployment",
    });
    expect(stderr).toContain("Secret infra-netbox/netbox-db-credentials has the new password");
    const { username, password } = await secret("infra-netbox", "netbox-db-credentials");
    expect({ name: username, password }).toEqual(cluster.bed.login("netbox-db-credentials"));
    expect(await logIn("infra-netbox", "netbox-db-credentials", "netbox")).toMatchObject({
      role: "netbox",
    });
  });

  it("moves the Secret to the other of two logins, and ends the former one when it is there", async () => {
    cluster.bed.configure((config) => {
      const apps = config["berth:apps"] as Record<string, Record<string, unknown>>;
      apps["netbox"] = { ...apps["netbox"], owner: { rotation: "two-logins", name: "netbox" } };
      // Its chart is given the role's name, which changes now.
      delete apps["netbox"]["workload"];
    });
    const { exitCode, report, stderr } = await rotate(cluster, "netbox");
    expect(exitCode, stderr).toBe(0);
    expect(report).toMatchObject({ login: "netbox_a", secret: { outcome: "arrived" } });
    expect(await logIn("infra-netbox", "netbox-db-credentials", "netbox")).toMatchObject({
      role: "netbox",
    });
    const { username } = await secret("infra-netbox", "netbox-db-credentials");
    expect(username).toBe("netbox_a");
    expect((await rotate(cluster, "netbox", "--retire")).report).toMatchObject({
      login: "netbox_a",
      connected: [],
    });
    await cluster.bed.bringUp();
  });
});
