import { expect, test } from "vitest";
import { parseStack } from "../../../components/config/parse.ts";
import { makeApp, makeSpec, writeStack } from "../../fakes/stack.ts";

test("everything of an app follows from its name", () => {
  expect(makeApp(null, "west-side")).toEqual({
    name: "west-side",
    provisioner: "berth",
    reclaimPolicy: "retain",
    adopt: false,
    delivery: "none",
    secretsThrough: "onepassword-item",
    namespace: "infra-west-side",
    database: {
      name: "west_side",
      names: ["west_side"],
      encoding: "UTF8",
      connectionLimit: -1,
      revokePublic: true,
      settings: {},
      recreate: false,
      schemas: [],
      patterns: [],
      extensions: [],
      publications: [],
      guests: [],
    },
    roles: [
      {
        key: "owner",
        login: "password",
        name: "west_side",
        profile: "owner",
        privileges: {},
        scoped: [],
        except: [],
        reads: [],
        reader: undefined,
        item: { vault: "Coachlight", item: "west-side-db-credentials" },
        secretName: "west-side-db-credentials",
        namespace: "infra-west-side",
        fields: { username: "username", password: "password" },
        keys: [],
        settings: {},
        connectionLimit: -1,
        memberOf: [],
        searchPath: [],
        parameters: {},
        generate: { length: 32, alphabet: "letters-digits" },
        restart: [],
        autoRestart: false,
      },
    ],
    secrets: [],
    workload: undefined,
    argocd: {
      destination: { server: "https://kubernetes.default.svc" },
      syncPolicy: {
        automated: { prune: true, selfHeal: true },
        retry: { limit: 10, backoff: { duration: "10s", factor: 2, maxDuration: "5m" } },
        syncOptions: [],
      },
      ignoreDifferences: [],
      finalizer: undefined,
      application: "west-side",
      provisioner: "west-side-db-provisioner",
    },
    metadata: {},
  });
});

test("a further role follows from app and key, and comes after the owner, by key", () => {
  const roles = { "read-only": { profile: "readonly" }, admin: { profile: "readwrite" } };
  expect(makeApp({ roles }, "west-side").roles.slice(1)).toMatchObject([
    { key: "admin", name: "west_side_admin", secretName: "west-side-admin-db-credentials" },
    {
      key: "read-only",
      name: "west_side_read_only",
      profile: "readonly",
      item: { item: "west-side-read-only-db-credentials" },
      namespace: "infra-west-side",
    },
  ]);
});

test("every derived name can be overridden", () => {
  const settings = { connectionLimit: 7, memberOf: ["z", "a"], searchPath: ["own", "public"] };
  const database = {
    name: "db",
    encoding: "LATIN1",
    connectionLimit: 9,
    revokePublic: true,
    recreate: false,
  };
  const app = makeApp({
    adopt: true,
    namespace: "apps",
    database,
    owner: { name: "boss", item: "boss-login", secret: "boss-secret", namespace: "n", ...settings },
    roles: { ro: { profile: "readonly", name: "reader", item: "reader-login", namespace: "m" } },
  });
  expect(app).toMatchObject({ adopt: true, namespace: "apps", database });
  expect(app.roles).toMatchObject([
    {
      name: "boss",
      item: { item: "boss-login" },
      secretName: "boss-secret",
      namespace: "n",
      connectionLimit: 7,
      memberOf: ["a", "z"],
      searchPath: ["own", "public"],
    },
    { name: "reader", item: { item: "reader-login" }, secretName: "reader-login", namespace: "m" },
  ]);
});

test("an adopted database keeps what PUBLIC may do, unless the entry says otherwise", () => {
  expect(makeApp({ adopt: true }).database.revokePublic).toBe(false);
});

test("a Secret is a list of fields, or says more", () => {
  const secrets = {
    smtp: ["user", "password"],
    token: { item: "api token", namespace: "other" },
  };
  const vault = "Coachlight";
  expect(makeApp({ secrets }).secrets).toMatchObject([
    {
      name: "smtp",
      item: { vault, item: "smtp" },
      namespace: "infra-netbox",
      fields: ["user", "password"],
    },
    { name: "token", item: { vault, item: "api token" }, namespace: "other", fields: [] },
  ]);
});

test("a workload in Git takes repository and branch from the GitOps repository", () => {
  const gitops = { directory: "../gitops", repoURL: "https://git.example.org/gitops.git" };
  const workload = { git: { path: "apps/netbox" } };
  const spec = parseStack("prod", { ...writeStack({ netbox: { workload } }), gitops });
  expect(spec.apps[0]?.workload).toEqual({
    kind: "git",
    path: "apps/netbox",
    repoURL: "https://git.example.org/gitops.git",
    targetRevision: "main",
  });
  expect(spec.gitops).toEqual({
    ...gitops,
    targetRevision: "main",
    argocdNamespace: "argocd",
    project: "default",
    adopt: false,
    commit: false,
    workloads: "argocd",
    flux: { namespace: "flux-system", source: "flux-system", interval: "10m" },
  });
});

test("the server's settings follow from its endpoint", () => {
  expect(makeSpec({}).postgres).toEqual({
    endpoint: {
      kind: "kubernetes",
      kubeconfig: undefined,
      context: undefined,
      namespace: "db-postgres",
      target: { kind: "service", name: "postgres-postgresql" },
      port: 5432,
      localPort: 15432,
    },
    tls: {
      mode: "verify-full",
      caFile: undefined,
      serverName: "postgres-postgresql.db-postgres.svc.cluster.local",
    },
    maintenanceDatabase: "postgres",
    systemIdentifier: undefined,
    admin: { vault: "Coachlight", item: "postgres-admin" },
    reserved: ["paperless"],
    ownershipRole: "berth_prod",
    connectionLimit: 4,
    compareInside: true,
    jobImage: "docker.io/library/postgres:18.4",
    service: {
      host: "postgres-postgresql.db-postgres.svc.cluster.local",
      port: 5432,
      sslmode: "verify-full",
    },
    namespace: "db-postgres",
    confirmDelete: [],
    dumpDirectory: undefined,
  });
});

test.each([
  { apps: 300, said: {}, compareInside: true },
  { apps: 301, said: {}, compareInside: false },
  { apps: 301, said: { compareInside: true }, compareInside: true },
  { apps: 1, said: { compareInside: false }, compareInside: false },
])(
  "$apps apps are looked into: $compareInside, with $said",
  ({ apps: count, said, compareInside }) => {
    const apps = Object.fromEntries(
      Array.from({ length: count }, (_, at) => [`app${String(at)}`, {}]),
    );
    expect(makeSpec(apps, said).postgres.compareInside).toBe(compareInside);
  },
);

test("a direct endpoint is what the pods use as well, unless a service is named", () => {
  const endpoint = { direct: { host: "db.example.org", port: 6432 } };
  expect(makeSpec({}, { endpoint }).postgres).toMatchObject({
    tls: { serverName: "db.example.org" },
    service: { host: "db.example.org", port: 6432 },
  });
  const service = { host: "pg.db.svc", port: 5432 };
  expect(makeSpec({}, { endpoint, service }).postgres).toMatchObject({
    tls: { serverName: "pg.db.svc" },
    service,
  });
});

test("the ownership role follows from the stack, in letters that need no quoting", () => {
  expect(makeSpec({}, {}, "Prod-eu.1").postgres.ownershipRole).toBe("berth_prod_eu_1_224da2b820d9");
  expect(makeSpec({}, { ownershipRole: "mark" }).postgres.ownershipRole).toBe("mark");
});

test("apps come sorted by name, however the file orders them", () => {
  expect(makeSpec({ b: {}, a: {}, "a-b": {} }).apps.map((app) => app.name)).toEqual([
    "a",
    "a-b",
    "b",
  ]);
});

test("a role may have a profile, privileges of its own, or both", () => {
  const privileges = { tables: ["TRUNCATE", "SELECT", "TRUNCATE"], functions: ["EXECUTE"] };
  const roles = { both: { profile: "readonly", privileges }, only: { privileges } };
  const grants = { table: ["SELECT", "TRUNCATE"], function: ["EXECUTE"] };
  expect(makeApp({ roles }).roles.slice(1)).toMatchObject([
    { key: "both", profile: "readonly", privileges: grants },
    { key: "only", profile: "custom", privileges: grants },
  ]);
});

test("schemas come sorted, extensions as they are listed, in public unless they say more", () => {
  const extensions = [
    "uuid-ossp",
    { name: "cube", version: "1.5" },
    { name: "hstore", schema: "z" },
  ];
  expect(makeApp({ database: { schemas: ["z", "billing"], extensions } }).database).toMatchObject({
    schemas: ["billing", "z"],
    extensions: [
      { name: "uuid-ossp", schema: "public" },
      { name: "cube", schema: "public", version: "1.5" },
      { name: "hstore", schema: "z" },
    ],
  });
});
