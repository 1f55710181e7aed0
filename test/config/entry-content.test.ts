import { expect, test } from "vitest";
import { findEntryProblems } from "../fakes/stack.ts";

/** What an entry says about privileges, schemas and extensions. */

const custom = (privileges: unknown) => ({ roles: { web: { privileges } } });
const inDatabase = (database: unknown) => ({ database });

test.each<[string, unknown, string]>([
  [
    "a privilege of another type",
    custom({ sequences: ["TRUNCATE"] }),
    '….roles.web.privileges.sequences.0: "TRUNCATE" is not a privilege on sequences; allowed are SELECT, UPDATE, USAGE',
  ],
  [
    "a privilege in small letters",
    custom({ tables: ["SELECT", "update"] }),
    '….roles.web.privileges.tables.1: "update" is not a privilege on tables; allowed are DELETE, INSERT, MAINTAIN, REFERENCES, SELECT, TRIGGER, TRUNCATE, UPDATE',
  ],
  [
    "CREATE on schemas",
    custom({ schemas: ["CREATE"] }),
    '….roles.web.privileges.schemas.0: "CREATE" is not granted to a further role: it would own what it creates, and the app\'s other roles could not use that; let the owner create it',
  ],
  [
    "a type that no privileges are given on",
    custom({ types: ["USAGE"] }),
    '….roles.web.privileges: unknown key "types"; allowed are database, schemas, tables, sequences, functions',
  ],
  [
    "a type that no privileges are given on, in a list",
    custom([{ schema: "public", types: ["USAGE"] }]),
    '….roles.web.privileges.0: unknown key "types"; allowed are schema, database, schemas, tables, sequences, functions',
  ],
  [
    "a privilege of another type on a table",
    custom([{ tables: { bills: ["USAGE"] } }]),
    '….roles.web.privileges.0.tables.bills.0: "USAGE" is not a privilege on tables; allowed are DELETE, INSERT, MAINTAIN, REFERENCES, SELECT, TRIGGER, TRUNCATE, UPDATE',
  ],
  [
    "a table by its name with a privilege of another type",
    custom({ tables: { bills: ["USAGE"] } }),
    '….roles.web.privileges.tables.bills.0: "USAGE" is not a privilege on tables; allowed are DELETE, INSERT, MAINTAIN, REFERENCES, SELECT, TRIGGER, TRUNCATE, UPDATE',
  ],
  [
    "privileges on the database in a schema",
    custom([{ schema: "public", database: ["TEMPORARY"] }]),
    '….roles.web.privileges.0: {"schema":"public","database":["TEMPORARY"]} has `schema`, so `database` has no meaning; give it an entry of its own',
  ],
  [
    "privileges in a schema that the app does not have",
    { ...custom([{ schema: "hr", tables: ["SELECT"] }]), database: { schemas: ["tenant_*"] } },
    '….roles.web.privileges: the app does not have schema "hr"; allowed are public, tenant_*, or add it to database.schemas',
  ],
  [
    "an exception in a schema that the app does not have",
    { roles: { web: { profile: "readonly", except: ["hr.salaries"] } } },
    '….roles.web.except: the app does not have schema "hr"; allowed are public, or add it to database.schemas',
  ],
  [
    "an exception with two dots",
    { roles: { web: { profile: "readonly", except: ["a.b.c"] } } },
    '….roles.web.except.0: "a.b.c" is not a name; write it as salaries, hr.salaries or hr."a.b"',
  ],
  [
    "a pattern with a blank",
    inDatabase({ schemas: ["Tenant *"] }),
    '….database.schemas.0: "Tenant *" is not a pattern; allowed are a-z, 0-9, _ and *',
  ],
  [
    "patterns with the registry's resources",
    { provisioner: "postgresql", ...inDatabase({ schemas: "all" }) },
    "….database.schemas: provisioner postgresql has to know each schema by name; list them, or set berth:apps.netbox.provisioner to berth",
  ],
  [
    "a table by its name with the registry's resources",
    { provisioner: "postgresql", ...custom([{ tables: { bills: ["SELECT"] } }]) },
    "….roles.web.privileges: provisioner postgresql grants on all objects in a schema, not on some by name; set berth:apps.netbox.provisioner to berth",
  ],
  [
    "privileges of the owner",
    { owner: { privileges: {} } },
    '….owner: unknown key "privileges"; allowed are name, item, secret, namespace, keys, type, refreshInterval, creationPolicy, deletionPolicy, connectionLimit, memberOf, settings, searchPath, replication, generate, restart, autoRestart, scram, login, rotation, logins',
  ],
  [
    "a schema of Postgres",
    inDatabase({ schemas: ["pg_toast"] }),
    '….database.schemas.0: "pg_toast" belongs to Postgres itself',
  ],
  [
    "schema public, which is there",
    inDatabase({ schemas: ["public"] }),
    '….database.schemas.0: "public" always exists; name only other schemas',
  ],
  [
    "a schema that is listed twice",
    inDatabase({ schemas: ["billing", "billing"] }),
    '….database.schemas: "billing" is listed twice; remove one',
  ],
  [
    "an extension in a schema that the app does not have",
    inDatabase({ extensions: [{ name: "hstore", schema: "ext" }] }),
    '….database.extensions: "hstore" has schema "ext", which the app does not have; allowed are public, pg_catalog, or add it to database.schemas',
  ],
  [
    "functions beside an extension, with the registry's resources",
    {
      ...custom({ functions: ["EXECUTE"] }),
      ...inDatabase({ extensions: ["hstore"] }),
      provisioner: "postgresql",
    },
    '….roles.web.privileges.functions: provisioner postgresql would grant it on the functions of extension "hstore" as well, again in every run; set provisioner to berth, or remove one of the two',
  ],
  [
    "extensions in a database with a dot in its name, with the registry's resources",
    { ...inDatabase({ name: "a.b", extensions: ["hstore"] }), provisioner: "postgresql" },
    '….database.name: got "a.b"; provisioner postgresql cannot make schemas and extensions in a database with a dot in its name; set provisioner to berth',
  ],
  [
    "a comma in a search_path, with the registry's resources",
    { owner: { searchPath: ["public", "a, b"] }, provisioner: "postgresql" },
    '….owner.searchPath: provisioner postgresql cannot write "a, b" into a search_path; set provisioner to berth',
  ],
  [
    "a search_path without a schema, with the registry's resources",
    { owner: { searchPath: [""] }, provisioner: "postgresql" },
    '….owner.searchPath: provisioner postgresql cannot write "" into a search_path; set provisioner to berth',
  ],
])("fails on %s", (_, entry, problem) => {
  expect(findEntryProblems(entry)).toEqual([problem]);
});

test.each(["Hstore", 'x"; drop', "../x", ""])("fails on %j as an extension", (name) => {
  expect(findEntryProblems(inDatabase({ extensions: [name] })).join()).toContain(
    "….database.extensions.0: ",
  );
  const versioned = { extensions: [{ name: "hstore", version: "1--2" }] };
  expect(findEntryProblems(inDatabase(versioned)).join()).toContain("is not a version");
});
