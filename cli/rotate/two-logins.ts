import { commandLine } from "../../components/command-line.ts";
import { BerthError } from "../../components/errors.ts";
import { Credential } from "../../components/onepassword/credential.ts";
import type { StackItems } from "../../components/onepassword/stack-items.ts";
import { makePassword } from "../../components/onepassword/write/password.ts";
import { inspectRoles } from "../../components/postgres/catalog/catalog.ts";
import { type DatabasePlan, planDatabase } from "../../components/postgres/plan/plan.ts";
import type { PostgresServer } from "../../components/postgres/server/postgres-server.ts";
import { makeVerifier, scramFor } from "../../components/postgres/verifier.ts";
import { logsIn, type RotateContext, resume, writeItem } from "./context.ts";
import { decideRotation } from "./decide-step.ts";
import { finish } from "./finish.ts";
import { prepareLogin } from "./two-logins-server.ts";
import { writeAs } from "./write-as.ts";

/**
 * Rotates a role with two logins: the waiting login gets a new password and is tried, then one edit of the item
 * names it. The item names a working login at every moment. The former login works until `--retire`, so the app
 * may restart at any time.
 */
export async function rotateTwoLogins(context: RotateContext): Promise<number> {
  const { app, args, role, item, say } = context;
  const step = await withServer(context, async (server, items, plan) => {
    const before = items.credential(role);
    const { step: found } = await inspectStep(context, before, { server, plan });
    if (found.kind === "finish") return found;
    const { name } = found.login;
    const password = makePassword(role.generate);
    // The verifier that the next `up` makes from the item, so `up` has nothing to change.
    const verifier = makeVerifier(password, name, scramFor(name, before.itemId));
    await prepareLogin(server, plan, { login: found.login, verifier });
    if (!(await logsIn(context, new Credential(name, password)))) {
      throw new BerthError(
        `app ${app.name}: the server has a new password for role ${name} and refuses it; ${item} is unchanged and works as before`,
        {
          hint: `${commandLine("doctor")} looks for what is wrong; then run the same command again`,
        },
      );
    }
    say("server", `role ${name} has a new password, and logs in with it`);
    await writeItem(context, before, { username: name, password });
    say("item", `${item} now names ${name}`);
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
    then: `when nothing is connected any more as another login: ${commandLine("rotate", `${app.name} --stack ${args.stack} --retire`)}`,
  });
}

/** Runs work under the run lock, with the items as they are then: a second rotation sees the result of the first. */
export async function withServer<T>(
  { app, spec: loaded, server: target, read }: RotateContext,
  use: (server: PostgresServer, items: StackItems, plan: DatabasePlan) => Promise<T>,
): Promise<T> {
  const { admin } = await read();
  return await writeAs(admin, { spec: loaded, target }, async (server, postgres) =>
    use(server, await read(), planDatabase(app, postgres)),
  );
}

/** The app's roles on the server, and the step that they and the item's login lead to. */
export async function inspectStep(
  context: RotateContext,
  credential: Credential,
  { server, plan }: { readonly server: PostgresServer; readonly plan: DatabasePlan },
) {
  const { username } = credential;
  const names = plan.roles.map(({ name }) => name);
  const roles = await server.withMaintenance(({ client }) => inspectRoles(client, names));
  const isIn = roles.get(username)?.canLogin === true && (await logsIn(context, credential));
  return { roles, isIn, step: decideRotation(plan, roles, { username, isIn }) };
}
