import { logsIn, type RotateContext, resume, writeItem } from "./context.ts";
import { finish } from "./finish.ts";

/**
 * One login: a new password in the item, then on the server. Until the app has restarted with it, new
 * connections of the app are refused. A password that the server refuses is one that an interrupted run
 * wrote, and is brought to the server instead of being replaced by yet another, if that helps.
 */
export async function rotateInPlace(context: RotateContext): Promise<number> {
  const { role, item, say } = context;
  const before = (await context.read()).credential(role);
  const resumed = !(await logsIn(context, before));
  if (resumed) {
    say("item", `the server does not have the password of ${item} yet: going on with that one`);
    await resume(context);
  } else {
    await writeItem(context, before, {});
    say("item", `${item} has a new password`);
    await context.up();
  }
  say("server", `role ${role.name} has its verifier`);
  return await finish(context, { resumed, then: undefined });
}
