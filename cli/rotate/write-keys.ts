import { keysInItem } from "../../components/config/login-keys.ts";
import { BerthError } from "../../components/errors.ts";
import { readStackItems } from "../../components/onepassword/stack-items.ts";
import { readThroughClient } from "../../components/onepassword/through-client.ts";
import { findKeyFields } from "../../components/onepassword/write/key-fields.ts";
import { writeThroughClient } from "../../components/onepassword/write/write-login.ts";
import { type RotateContext, toWriteError } from "./context.ts";

/** Writes the keys that the role's item lacks, or has with another value. The login stays. */
export async function writeKeys({
  spec,
  app,
  role,
  access,
  item,
  say,
}: Pick<RotateContext, "spec" | "app" | "role" | "access" | "item" | "say">): Promise<void> {
  const keys = keysInItem(app, role);
  if (keys.length === 0) {
    throw new BerthError(
      `app ${app.name}: no key of Secret ${role.namespace}/${role.secretName} is a field of ${item}, so there is nothing to write`,
      { hint: "leave out --keys to set a new password" },
    );
  }
  // The entry without keys: those of other roles are not this command's.
  const roles = app.roles.map((one) => ({ ...one, keys: [] })) as unknown as typeof app.roles;
  const bare = { ...spec, apps: [{ ...app, roles }] };
  const inspectItem = async () => {
    const items = await readStackItems(bare, readThroughClient(access));
    const { missing, wrong } = findKeyFields(keys, items.item(role.item), role);
    return [...missing, ...wrong];
  };
  const before = await inspectItem();
  if (before.length === 0) {
    say("item", `${item} has every key of the Secret`);
    return;
  }
  try {
    await writeThroughClient(access)(role.item, { password: { keep: true }, keys, role });
  } catch (error) {
    // An answer that was lost says nothing about the item.
    const left = await inspectItem().catch(() => undefined);
    if (left?.length !== 0) throw toWriteError({ app, item, isKnown: left !== undefined }, error);
  }
  const after = await inspectItem();
  if (after.length > 0) {
    throw new BerthError(
      `app ${app.name}: 1Password took the fields ${after.join(", ")} of ${item}, and still answers without them`,
      { hint: "look at the item in 1Password; then run the same command again" },
    );
  }
  say("item", `${item} has ${before.join(", ")}, made from its login`);
}
