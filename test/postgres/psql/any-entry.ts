import fc from "fast-check";

/** Any entry of an app, for properties of what the provider and the script make of it. */

export const database = "basketball";
const keys = ["rw", "ro", "job"] as const;
export const roles = [database, ...keys.map((key) => `${database}_${key}`)];

/** One of them is refused by the server. */
const settings = fc.record(
  {
    statement_timeout: fc.constantFrom("7s", 8000),
    datestyle: fc.constant("ISO, DMY"),
    "app.tenant": fc.constantFrom("it's", ""),
    work_mem: fc.oneof({ weight: 9, arbitrary: fc.constant("8MB") }, fc.constant("lots")),
  },
  { requiredKeys: [] },
);

const tables = fc.subarray(["SELECT", "INSERT", "TRIGGER"]);
const parts = fc.array(
  fc.record(
    {
      schema: fc.constantFrom("public", "billing"),
      tables: fc.oneof(tables, fc.record({ t: tables, gone: tables }, { requiredKeys: [] })),
      sequences: fc.record({ t_id_seq: fc.constant(["USAGE"]) }, { requiredKeys: [] }),
    },
    { requiredKeys: [] },
  ),
  { maxLength: 3 },
);

/** An entry; each role in it may be missing. */
const anyEntries = fc.record({
  owner: fc.record(
    {
      connectionLimit: fc.constantFrom(3, 9),
      searchPath: fc.constantFrom(["public"], ["$user", "public"], ["My own", "public"], [""]),
      memberOf: fc.constant(["readers"]),
      settings,
    },
    { requiredKeys: [] },
  ),
  database: fc.record(
    {
      connectionLimit: fc.constantFrom(5, 40),
      revokePublic: fc.boolean(),
      settings,
      schemas: fc.oneof(
        fc.subarray(["billing", "audit"]),
        fc.constantFrom("all", ["audit", "bill*"], ["*ing"]),
      ),
    },
    { requiredKeys: [] },
  ),
  roles: fc.record(
    {
      rw: fc.record({
        profile: fc.constant("readwrite"),
        memberOf: fc.subarray([`${database}_ro`, "pg_monitor"]),
      }),
      ro: fc.record({
        profile: fc.constant("readonly"),
        connectionLimit: fc.constantFrom(2, 7),
        login: fc.constantFrom("password", "external", "none"),
        memberOf: fc.subarray(["readers", "gone"]),
        except: fc.subarray(["t", "billing.t", "f"]),
      }),
      job: fc.record({
        privileges: fc.oneof(
          fc.record({
            database: fc.subarray(["TEMPORARY"]),
            tables,
            sequences: fc.subarray(["USAGE", "UPDATE"]),
            functions: fc.subarray(["EXECUTE"]),
          }),
          parts,
        ),
      }),
    },
    { requiredKeys: [] },
  ),
});

type AnyEntry = typeof anyEntries extends fc.Arbitrary<infer T> ? T : never;

/** Without a schema that the entry does not have. */
export const entries = anyEntries.map((entry: AnyEntry): AnyEntry => {
  const { schemas = [] }: { schemas?: string | string[] } = entry.database;
  const { ro, job, ...others } = entry.roles;
  if (typeof schemas === "string" || schemas.some((one) => /ing|bill/.test(one))) return entry;
  const { privileges } = job ?? {};
  const known = Array.isArray(privileges)
    ? privileges.filter((one) => one.schema !== "billing")
    : privileges;
  const except = ro?.except.filter((one) => !one.startsWith("billing"));
  return {
    ...entry,
    roles: {
      ...others,
      ...(ro === undefined ? {} : { ro: { ...ro, except: except ?? [] } }),
      ...(job === undefined ? {} : { job: { ...job, privileges: known ?? [] } }),
    },
  };
});
