import { type DatabaseBed, inputsOf } from "./bed.ts";

/** An app that is dropped when it leaves, with a further role. */
const entry = { reclaimPolicy: "delete", roles: { rw: { profile: "readwrite" } } };

/** Makes such apps, each with a table of three rows, and looks what is left of them. */
export function plantOn(bed: DatabaseBed) {
  const count = async (catalog: string, where: string): Promise<number> =>
    (await bed.sql(`select from ${catalog} where ${where}`)).length;
  return {
    entry,
    plant: async (name: string, changes: Record<string, unknown> = {}) => {
      const made = await bed.up(inputsOf(name, { ...entry, ...changes }));
      await bed.sqlAs(name, name, "create table kept as select generate_series(1, 3) as id");
      return made;
    },
    rows: (database: string) => bed.sql("select id from kept", database),
    exists: async (name: string) => ({
      roles: await count("pg_roles", `rolname in ('${name}', '${name}_rw')`),
      databases: await count("pg_database", `datname = '${name}'`),
    }),
  };
}
