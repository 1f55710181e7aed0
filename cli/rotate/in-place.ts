import { makePassword } from "../../components/onepassword/write/password.ts";
import { logsIn, type RotateContext, resume, writeItem } from "./context.ts";
import { finish } from "./finish.ts";

/**
 * One login: writes a new password to the item, then to the server. New connections of the app fail until it
 * restarts. If the server refuses the item's password, an interrupted run may have written it. Then that
 * password is set on the server first, and replaced only if it still fails.
 */
export async function rotateInPlace(context: RotateContext): Promise<number> {
  const { role, item, say } = context;
  const before = (await context.read()).credential(role);
  const resumed = !(await logsIn(context, before));
  if (resumed) {
    say("item", `the server does not have the password of ${item} yet: going on with that one`);
    await resume(context);
  } else {
    await writeItem(context, before, { password: makePassword(role.generate) });
    say("item", `${item} has a new password`);
    await context.up();
  }
  say("server", `role ${role.name} has its verifier`);
  return await finish(context, { resumed, then: undefined });
}
