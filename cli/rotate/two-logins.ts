import { commandLine } from "../../components/command-line.ts";
import { BerthError } from "../../components/errors.ts";
import { Credential } from "../../components/onepassword/credential.ts";
import type { StackItems } from "../../components/onepassword/stack-items.ts";
import { makePassword } from "../../components/onepassword/write/password.ts";
import {
  type DatabasePlan,
  type PlannedRole,
  planDatabase,
} from "../../components/postgres/plan/plan.ts";
import type { PostgresServer } from "../../components/postgres/server/postgres-server.ts";
import { makeVerifier, scramFor } from "../../components/postgres/verifier.ts";
import { logsIn, type RotateContext, resume, writeItem } from "./context.ts";
import { decideRotation, type RotationStep } from "./decide-step.ts";
import { finish } from "./finish.ts";
import { inspectTwoLogins, prepareLogin } from "./two-logins-server.ts";
import { writeAs } from "./write-as.ts";

/**
 * Rotates a role with two logins: the waiting login gets a new password and is tried, then one edit of the item
 * names it. The item names a working login at every moment. The former login works until `--retire`, so the app
 * may restart at any time.
 */
export async function rotateTwoLogins(context: RotateContext): Promise<number> {
  const { role, item, say } = context;
  const step = await withServer(context, async (server, items, plan) => {
    const found = await inspectStep(context, items, { server, plan });
    if (found.kind === "take") {
      const before = items.credential(context.role);
      await switchLogin(context, server, { plan, login: found.login, before });
    }
    return found;
  });
  if (step.kind === "finish") {
    say("item", `${step.because}: going on with what ${item} holds`);
    await resume(context);
  } else {
    await context.up();
  }
  const login = (await context.read()).credential(role).username;
  say("server", `role ${login} has its verifier`);
  return await finish(context, {
    resumed: step.kind === "finish",
    then: `when nothing is connected any more as another login: ${retireCommand(context)}`,
  });
}

/**
 * Runs work under the run lock, with the items as they are then. A second rotation at the same time sees the
 * result of the first.
 */
export async function withServer<T>(
  { app, spec: loaded, server: target, read }: RotateContext,
  use: (server: PostgresServer, items: StackItems, plan: DatabasePlan) => Promise<T>,
): Promise<T> {
  const { admin } = await read();
  return await writeAs(admin, { spec: loaded, target }, async (server, postgres) =>
    use(server, await read(), planDatabase(app, postgres)),
  );
}

async function inspectStep(
  context: RotateContext,
  items: StackItems,
  { server, plan }: { readonly server: PostgresServer; readonly plan: DatabasePlan },
): Promise<RotationStep> {
  const credential = items.credential(context.role);
  const { username } = credential;
  const roles = await inspectTwoLogins(server, plan);
  const isIn = roles.get(username)?.canLogin === true && (await logsIn(context, credential));
  return decideRotation(plan, roles, { username, isIn });
}

async function switchLogin(
  context: RotateContext,
  server: PostgresServer,
  {
    plan,
    login,
    before,
  }: {
    readonly plan: DatabasePlan;
    readonly login: PlannedRole;
    readonly before: Credential;
  },
): Promise<void> {
  const { item, say } = context;
  const { name } = login;
  const password = makePassword(context.role.generate);
  // The verifier that the next `up` makes from the item, so `up` has nothing to change.
  const verifier = makeVerifier(password, name, scramFor(name, before.itemId));
  await prepareLogin(server, plan, { login, verifier });
  if (!(await logsIn(context, new Credential(name, password)))) {
    throw new BerthError(
      `app ${plan.app}: the server has a new password for role ${name} and refuses it; ${item} is unchanged and works as before`,
      { hint: `${commandLine("doctor")} looks for what is wrong; then run the same command again` },
    );
  }
  say("server", `role ${name} has a new password, and logs in with it`);
  await writeItem(context, before, { username: name, password });
  say("item", `${item} has gone over to ${name}`);
}

function retireCommand({ args, app }: RotateContext): string {
  return commandLine("rotate", `${app.name} --stack ${args.stack} --retire`);
}
