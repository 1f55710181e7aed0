import { checkAdmin } from "../../../../cli/doctor/server-state.ts";
import { toOneError } from "../../../../components/errors.ts";
import {
  inspectCatalog,
  type ServerFacts,
} from "../../../../components/postgres/catalog/catalog.ts";
import { planDatabase } from "../../../../components/postgres/plan/plan.ts";
import {
  findPlanProblems,
  findServerProblems,
} from "../../../../components/postgres/rules/server.ts";
import { AppDatabaseHandler } from "../../../../provider/app-database/handler.ts";
import { RunReports } from "../../../../provider/app-database/run-reports.ts";
import type { PropertyMap } from "../../../../provider/rpc/property-values.ts";
import { goodServer } from "../../../fakes/catalog.ts";
import { makeApp, makeSpec } from "../../../fakes/stack.ts";
import { readFrom } from "../admin-item.ts";
import { admin, toUrn } from "../bed.ts";
import type { Repair, Row, Trial } from "./trial.ts";

/** Problems of the server, its admin and the ownership role. */

const stack = { id: "0123456789abcdef", name: "organization/berth/prod" };
const ofOther = "berth: stack organization/berth/dev, id fedcba9876543210";

/** Another server's facts cannot be made here; with those of the right one the same rule refuses nothing. */
const otherServer = (facts: Partial<ServerFacts>): Row["arrange"] =>
  function arrange() {
    let server = { ...goodServer, ...facts };
    const plan = planDatabase(makeApp({ owner: { rotation: "two-logins" } }), {
      ownershipRole: "berth_prod",
    } as never);
    const run = () => {
      const found = [
        ...findServerProblems(server, { reserved: [] }),
        ...findPlanProblems(plan, server),
      ];
      return found.length === 0 ? Promise.resolve() : Promise.reject(toOneError("Postgres", found));
    };
    return Promise.resolve({ run, repair: () => void (server = goodServer) });
  };

/** An ownership role that the admin made. */
async function makeOwnershipRole(t: Trial, comment: string | undefined, options: object) {
  const role = `berth_${t.app}`;
  await t.sqlAsAdmin(`create role ${role} nologin`);
  if (comment !== undefined) await t.sqlAsAdmin(`comment on role ${role} is '${comment}'`);
  t.postgres = { ownershipRole: role, ...options };
  return t.up;
}

const withoutStack: Row["arrange"] = async (t) => {
  const run = await makeOwnershipRole(t, undefined, { stack });
  await t.sqlAsAdmin(`create role ${t.app}_member; grant berth_${t.app} to ${t.app}_member`);
  return run;
};

export const serverRows: readonly Row[] = [
  {
    code: "server-not-pinned",
    when: "the stack file names the server",
    arrange: (t) => {
      const all = Object.entries(t.bed.config()["postgres"] as PropertyMap);
      const unpinned = Object.fromEntries(all.filter(([key]) => key !== "systemIdentifier"));
      let pinned: PropertyMap = {};
      const run = async () => {
        const handler = new AppDatabaseHandler(
          new RunReports(() => undefined),
          false,
          readFrom(t.bed.admins),
        );
        await handler.configure({ postgres: { ...unpinned, ...pinned } });
        const request = { urn: toUrn(t.app), inputs: t.inputs, preview: false };
        try {
          await handler.create(request);
        } finally {
          await handler.close();
        }
      };
      const repair: Repair = (fix) => {
        pinned = { systemIdentifier: /systemIdentifier: "(\d+)"/.exec(fix)?.[1] ?? "" };
      };
      return Promise.resolve({ run, repair });
    },
  },
  {
    code: "server-other",
    when: "the endpoint leads elsewhere",
    arrange: (t) => {
      t.postgres = { systemIdentifier: "1" };
      return Promise.resolve(t.up);
    },
    // The endpoint is right now.
    repair: (_, t) => void (t.postgres = {}),
  },
  {
    code: "server-too-old",
    when: "it is updated",
    arrange: otherServer({ versionNumber: 130_022 }),
  },
  {
    code: "server-is-standby",
    when: "the endpoint becomes the primary",
    arrange: otherServer({ isStandby: true }),
  },
  {
    code: "set-role-broken",
    when: "the server is updated",
    arrange: otherServer({ versionNumber: 170_001 }),
  },
  ...(["createrole", "createdb"] as const).map(
    (right): Row => ({
      code: `admin-lacks-${right}`,
      when: "a superuser revoked it",
      arrange: async (t) => {
        await t.sql(`alter role coachlight_admin no${right}`);
        return t.up;
      },
    }),
  ),
  {
    code: "admin-is-reserved",
    when: "the list of reserved names has it",
    arrange: (t) => {
      t.postgres = { reserved: ["coachlight_admin"] };
      return Promise.resolve(t.up);
    },
    repair: (_, t) => void (t.postgres = { reserved: [] }),
  },
  {
    code: "admin-lacks-self-grant",
    when: "an app uses the registry's resources",
    arrange: (t) => {
      const spec = makeSpec({ wiki: { provisioner: "postgresql" } });
      return Promise.resolve(async () => {
        const client = await t.bed.connectWith(admin, "postgres");
        try {
          const catalog = await inspectCatalog(client, { roles: [], databases: [] });
          const { rows } = await client.query<{ is: string }>(
            "select current_setting('createrole_self_grant') as is",
          );
          checkAdmin(spec, { catalog, isEncrypted: true, selfGrant: rows[0]?.is });
        } finally {
          await client.end();
        }
      });
    },
  },
  {
    code: "ownership-role-has-rights",
    when: "a login has its name",
    arrange: async (t) => {
      await t.sql(`create role berth_${t.app} login`);
      t.postgres = { ownershipRole: `berth_${t.app}` };
      return t.up;
    },
  },
  {
    code: "ownership-role-of-other-stack",
    when: "another name is chosen",
    arrange: (t) => makeOwnershipRole(t, ofOther, { stack }),
  },
  {
    code: "ownership-role-of-other-stack",
    when: "it is handed over",
    lines: [1],
    arrange: (t) => makeOwnershipRole(t, ofOther, { stack }),
  },
  {
    code: "ownership-role-without-stack",
    when: "another name is chosen",
    arrange: withoutStack,
  },
  {
    code: "ownership-role-without-stack",
    when: "it is handed over",
    lines: [1],
    arrange: withoutStack,
  },
  {
    code: "stack-unknown",
    when: "a run of an earlier version's state is next",
    arrange: (t) => makeOwnershipRole(t, `berth: stack ${stack.name}, id ${stack.id}`, {}),
    // What `pulumi up` writes into state.
    repair: (_, t) => void (t.postgres = { ...t.postgres, stack }),
  },
];
