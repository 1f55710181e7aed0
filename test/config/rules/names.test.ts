import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { reservedReason } from "../../../components/config/rules/names.ts";
import { findProblems, makeSpec, type Written, writeStack } from "../../fakes/stack.ts";

const find = (apps: unknown, postgres: Written = {}) => findProblems(writeStack(apps, postgres));

describe("an identifier", () => {
  test.each([
    ["", "is empty"],
    ["net\0box", "is not text that Postgres can store"],
    ["net\ud800box", "is not text that Postgres can store"],
    [
      "n".repeat(64),
      "is 64 bytes long; at most 63 are allowed, because Postgres cuts longer names",
    ],
    [
      "é".repeat(32),
      "is 64 bytes long; at most 63 are allowed, because Postgres cuts longer names",
    ],
  ])("fails as %j, for the database and for each role", (name, reason) => {
    const problems = find({
      netbox: { database: { name }, owner: { name }, roles: { ro: { profile: "readonly", name } } },
    });
    const at = ["owner.name", "roles.ro.name", "database.name"];
    expect(problems).toEqual(
      at.map(
        (key) =>
          expect.stringContaining(
            `berth:apps.netbox.${key}: ${JSON.stringify(name)} ${reason}`,
          ) as unknown,
      ),
    );
  });

  test.each(['net"box', "net'box", "net;box", "Netbox", "9box", "net-box", "nétbox", "a@b c"])(
    "may be %j, as somebody once made it",
    (name) => {
      expect(find({ netbox: { database: { name }, owner: { name } } })).toEqual([]);
    },
  );

  test("fails as the ownership role unless it is plain, since Berth makes that up", () => {
    expect(find({}, { ownershipRole: "Berth-prod" })).toEqual([
      'berth:postgres.ownershipRole: "Berth-prod" is not a plain Postgres identifier; allowed are a-z, 0-9 and _, not starting with a digit',
    ]);
  });

  test("may be 63 bytes long", () => {
    const name = "n".repeat(63);
    expect(find({ netbox: { database: { name }, owner: { name } } })).toEqual([]);
  });
});

test("an app with manifests is not called like what apps share, and keeps its role and database under another name", () => {
  const gitops = { directory: "../gitops", repoURL: "https://git.example.org/gitops.git" };
  expect(findProblems({ ...writeStack({ shared: {} }), gitops })).toEqual([
    'berth:apps.shared: "shared" stands for the manifests that apps share; rename the entry, and keep its role and database with owner.name and database.name',
  ]);
  const common = { owner: { name: "shared" }, database: { name: "shared" } };
  expect(findProblems({ ...writeStack({ common }), gitops })).toEqual([]);
});

describe("a Kubernetes name", () => {
  test("fails beyond 63 characters, and may be 63 long", () => {
    expect(find({ a: { namespace: "n".repeat(64) } })).toEqual([
      `berth:apps.a.namespace: "${"n".repeat(64)}" is longer than 63 characters, the limit for a Kubernetes name`,
    ]);
    expect(find({ a: { namespace: "n".repeat(63) } })).toEqual([]);
  });

  test("fails when the item's title cannot name a Secret, and says which key does", () => {
    expect(find({ a: { owner: { item: "Netbox DB" } } })).toEqual([
      'berth:apps.a.owner.secret: "Netbox DB" is not a DNS label; allowed are a-z, 0-9 and - inside',
    ]);
    expect(find({ a: { owner: { item: "Netbox DB", secret: "netbox-db" } } })).toEqual([]);
  });

  test("fails when what is derived from app and role key is too long", () => {
    const app = "a".repeat(40);
    const key = "b".repeat(20);
    expect(find({ [app]: { roles: { [key]: { profile: "readonly" } } } })).toEqual([
      `berth:apps.${app}.roles.${key}.secret: "${app}-${key}-db-credentials" is longer than 63 characters, the limit for a Kubernetes name`,
    ]);
  });
});

describe("a reserved name", () => {
  test.each([
    ["postgres", "belongs to Postgres itself"],
    ["template0", "belongs to Postgres itself"],
    ["template1", "belongs to Postgres itself"],
    ["public", "belongs to Postgres itself"],
    ["none", "belongs to Postgres itself"],
    ["paperless", "is reserved (berth:postgres.reserved)"],
    ["maintenance", "is the maintenance database (berth:postgres.maintenanceDatabase)"],
    ["berth_prod", "is the ownership role (berth:postgres.ownershipRole)"],
  ])("fails as a database, a role and a group: %s", (name, reason) => {
    const entry = {
      database: { name },
      owner: { name: "own", memberOf: [name] },
      roles: { ro: { profile: "readonly", name } },
    };
    expect(find({ a: entry }, { maintenanceDatabase: "maintenance" })).toEqual([
      `berth:apps.a.database.name: "${name}" ${reason}; rename the app or set this key`,
      `berth:apps.a.roles.ro.name: "${name}" ${reason}; rename the app or set this key`,
      `berth:apps.a.owner.memberOf: "${name}" ${reason}; remove it, a role of an app may not be a member of it`,
    ]);
  });

  test("fails as a database and a role if it is predefined", () => {
    const entry = { database: { name: "pg_monitor" }, owner: { name: "pg_monitor" } };
    const reason = 'starts with "pg_", which belongs to Postgres itself';
    expect(find({ a: entry })).toEqual(
      ["database", "owner"].map(
        (key) => `berth:apps.a.${key}.name: "pg_monitor" ${reason}; rename the app or set this key`,
      ),
    );
  });

  test("is PUBLIC in capitals too, since such a role would look like everybody", () => {
    const spec = makeSpec({});
    expect(reservedReason("PUBLIC", spec)).toBe("belongs to Postgres itself");
  });

  test("fails when it is derived from the app's name", () => {
    expect(find({ "pg-backup": {} })).toEqual(
      ["database.name", "owner.name"].map(
        (key) =>
          expect.stringContaining(
            `berth:apps.pg-backup.${key}: "pg_backup" starts with "pg_"`,
          ) as unknown,
      ),
    );
  });

  test.each([
    ["postgres", "belongs to Postgres itself"],
    ["pg_read_all_data", 'starts with "pg_", which belongs to Postgres itself'],
    ["paperless", "is reserved (berth:postgres.reserved)"],
  ])(
    "fails as the ownership role, which every app would become a member of: %s",
    (name, reason) => {
      expect(find({}, { ownershipRole: name })).toEqual([
        `berth:postgres.ownershipRole: "${name}" ${reason}; set another name`,
      ]);
    },
  );

  test("is never made of a stack's name, however long that is", () => {
    expect(findProblems(writeStack({}), "s".repeat(100))).toEqual([]);
  });

  test("is only what is listed: neighbours of a reserved name are free", () => {
    const spec = makeSpec({});
    const free = ["postgres_exporter", "pgbouncer", "paperless_ngx", "berth"];
    expect(free.map((name) => reservedReason(name, spec))).toEqual(free.map(() => undefined));
  });
});

describe("a name used twice", () => {
  const twice = "is used 2 times; each needs a name of its own";

  test("fails for roles, databases, items and Secrets, with both places", () => {
    expect(
      find({
        a: { owner: { name: "x" }, database: { name: "y" }, namespace: "shared" },
        b: {
          owner: { name: "x", item: "a-db-credentials", secret: "b-secret" },
          database: { name: "y" },
        },
        c: { namespace: "shared", secrets: { "a-db-credentials": ["token"] } },
      }),
    ).toEqual([
      `berth:apps.a.owner.name and berth:apps.b.owner.name: the role "x" ${twice}`,
      `berth:apps.a.database.name and berth:apps.b.database.name: the database "y" ${twice}`,
      `berth:apps.a.owner.secret and berth:apps.c.secrets.a-db-credentials: the Secret "shared/a-db-credentials" ${twice}`,
      `berth:apps.a.owner.item and berth:apps.b.owner.item: the 1Password item for a role "a-db-credentials" ${twice}`,
    ]);
  });

  test("fails when suffixing makes two names equal", () => {
    expect(find({ a: { roles: { b: { profile: "readonly" } } }, "a-b": {} })).toEqual([
      `berth:apps.a.roles.b.name and berth:apps.a-b.owner.name: the role "a_b" ${twice}`,
      `berth:apps.a.roles.b.secret and berth:apps.a-b.owner.secret: the Secret "db-postgres/a-b-db-credentials" ${twice}`,
      `berth:apps.a.roles.b.item and berth:apps.a-b.owner.item: the 1Password item for a role "a-b-db-credentials" ${twice}`,
    ]);
  });

  test("is allowed for a role and its own database, and for a Secret in two namespaces", () => {
    expect(find({ a: { secrets: { smtp: [] } }, b: { secrets: { smtp: [] } } })).toEqual([]);
  });
});

describe("what belongs to the admin", () => {
  test("fails as an app's credential or Secret", () => {
    const entry = { owner: { item: "root" }, secrets: { token: { item: "root" } } };
    const is =
      "\"root\" is the admin's item (berth:postgres.adminItem); name an item of the app's own";
    expect(find({ a: entry }, { adminItem: "root" })).toEqual([
      `berth:apps.a.owner.item: ${is}`,
      `berth:apps.a.secrets.token: ${is}`,
    ]);
  });

  test.each([
    ["namespace", { namespace: "db-postgres" }],
    ["owner.namespace", { owner: { namespace: "db-postgres" } }],
    ["secrets.token.namespace", { secrets: { token: { namespace: "db-postgres" } } }],
  ])("fails when an app uses the database's namespace as %s", (key, entry) => {
    expect(find({ a: entry })).toEqual([
      `berth:apps.a.${key}: "db-postgres" is the namespace of the database (berth:postgres.namespace); name one of the app's own`,
    ]);
  });
});

/** Everything that `AppName` lets pass. */
const appName = fc.stringMatching(/^[a-z]([a-z0-9-]{0,38}[a-z0-9])?$/);

test("everything derived from a legal app name is legal, unless the name is reserved", () => {
  fc.assert(
    fc.property(appName, (app) => {
      const reserved = /^pg-|^(postgres|template[01]|public|none|paperless|berth-prod)$/.test(app);
      expect(find({ [app]: {} }).length > 0).toBe(reserved);
    }),
    { examples: [["a"], ["a".repeat(40)], ["a--b"], ["pg-x"], ["none"], ["constructor"]] },
  );
});
