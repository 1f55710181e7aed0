import { type Client, escapeIdentifier } from "pg";
import { commandLine, pulumiLine } from "../../components/command-line.ts";
import {
  findLogin,
  hasItem,
  hasSecret,
  isOfVault,
  type Login,
} from "../../components/config/logins.ts";
import { describeItem } from "../../components/config/spec/item.ts";
import type { AppSpec, RoleSpec, StackSpec } from "../../components/config/spec.ts";
import { BerthError } from "../../components/errors.ts";
import { withRoleSession, withSession } from "../../components/postgres/server/session.ts";
import { type Check, runUp, toFailed, type VerifyContext } from "./check.ts";
import { probeLoginKey } from "./vault.ts";

/** The login that a role's checks run as. */
export function loginOf(role: RoleSpec, context: VerifyContext): Login {
  if (!hasSecret(role)) return role;
  if (isOfVault(role)) return { key: probeLoginKey, name: context.credential(role).username };
  return findLogin(role, context.credential(role).username) ?? role;
}

/** Runs a role's checks in a session of its own. */
export async function login(
  app: AppSpec,
  role: RoleSpec,
  context: VerifyContext,
  use: (client: Client) => Promise<void>,
): Promise<Check> {
  const user = loginOf(role, context).name;
  const name = `${user}: can log in to ${app.database.name}`;
  const target = {
    ...context.target,
    database: app.database.name,
    item: describeItem(role.item),
  };
  if (!isOfVault(role) && !context.catalog.roles.has(user)) {
    const detail = `role "${user}" is not on the server yet`;
    return { name, ok: false, detail, fix: `run ${pulumiLine("up", context.spec.stack)}` };
  }
  const reader = findReader(role, context);
  if (reader !== undefined) return await enterAsReader(app, { role, reader }, context, use);
  if (!hasSecret(role)) return await enterAsAdmin(app, role, context, use);
  const passed = { name, ok: true, detail: "select 1 answered" } as const;
  return await tryEntry(passed, doctor(context.spec), () =>
    withRoleSession(target, context.credential(role), async (client) => {
      await client.query("select 1");
      await use(client);
    }),
  );
}

/** The check, if `enter` succeeds. */
async function tryEntry(passed: Check, fix: string, enter: () => Promise<void>): Promise<Check> {
  try {
    await enter();
    return passed;
  } catch (error) {
    return toFailed(passed.name, error, fix);
  }
}

/** The login of another app that reads this one by the role; undefined = none that this run knows. */
function findReader({ reader }: RoleSpec, { spec }: VerifyContext): RoleSpec | undefined {
  const app = spec.apps.find(({ name }) => name === reader?.app);
  const found = app?.roles.find(({ key }) => key === reader?.key);
  return found !== undefined && hasItem(found) ? found : undefined;
}

/** As that login, which connects as a member of the role, and then sets it. */
async function enterAsReader(
  app: AppSpec,
  { role, reader }: Readonly<Record<"role" | "reader", RoleSpec>>,
  { target, credential, spec }: VerifyContext,
  use: (client: Client) => Promise<void>,
): Promise<Check> {
  const database = app.database.name;
  const name = `${reader.name}: can log in to ${database}, as a member of ${role.name}`;
  const way = { ...target, database, item: describeItem(reader.item) };
  const passed = { name, ok: true, detail: "it entered and set the role" } as const;
  return await tryEntry(passed, `${runUp}, or ${doctor(spec)}`, () =>
    withRoleSession(way, credential(reader), async (client) => {
      await client.query(`set role ${escapeIdentifier(role.name)}`);
      await use(client);
    }),
  );
}

/** For a role without a password: a session of the admin that has set the role. */
async function enterAsAdmin(
  app: AppSpec,
  role: RoleSpec,
  { target, admin, spec }: VerifyContext,
  use: (client: Client) => Promise<void>,
): Promise<Check> {
  const database = app.database.name;
  const name =
    role.login === "none"
      ? `${role.name}: exists, for its members`
      : `${role.name}: exists, for logins without a password`;
  const detail = "checked in a session of the admin; its own login was not tried";
  const passed = { name, ok: true, warning: true, detail } as const;
  return await tryEntry(passed, doctor(spec), () =>
    withSession({ ...target, database }, admin, async (client) => {
      await setRole(client, role.name, admin.username);
      await use(client);
    }),
  );
}

/** Before 16 an admin with CREATEROLE is no member of the roles that it makes, but may make itself one. */
async function setRole(client: Client, role: string, admin: string): Promise<void> {
  await client.query(`set role ${escapeIdentifier(role)}`).catch((error: unknown) => {
    if ((error as { readonly code?: string }).code !== "42501") throw error;
    const grant = `GRANT ${escapeIdentifier(role)} TO ${escapeIdentifier(admin)}`;
    const hint = `as "${admin}" run: ${grant}`;
    throw new BerthError(`role "${admin}" may not set role "${role}"`, { hint, cause: error });
  });
}

function doctor({ stack }: Pick<StackSpec, "stack">): string {
  return commandLine("doctor", `--stack ${stack}`);
}
