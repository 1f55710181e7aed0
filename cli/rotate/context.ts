import type { OnePasswordAccess } from "../../components/config/environment.ts";
import type { AppSpec, RoleSpec, StackSpec } from "../../components/config/spec.ts";
import { BerthError } from "../../components/errors.ts";
import type { Credential } from "../../components/onepassword/credential.ts";
import { ItemReadError } from "../../components/onepassword/item.ts";
import type { StackItems } from "../../components/onepassword/stack-items.ts";
import { type WriteLogin, writeThroughClient } from "../../components/onepassword/write-login.ts";
import { LoginFailure } from "../../components/postgres/server/login-failure.ts";
import { describeItem } from "../../components/postgres/server/reach.ts";
import { type ServerTarget, withRoleSession } from "../../components/postgres/server/session.ts";

/** What the verb was given. */
export interface RotateArgs {
  readonly stack: string;
  readonly file: string | undefined;
  readonly app: string | undefined;
  /** Key of the role in the entry. */
  readonly role: string | undefined;
  /** Minutes to wait for the Secret. */
  readonly wait: number;
  /** End the logins that the item does not name any more. */
  readonly retire: boolean;
  readonly json: boolean;
}

/** One role of one app, and the way to its item and its server. */
export interface RotateContext {
  readonly args: RotateArgs;
  /** With this app alone: what else the stack has is not rotate's to look at. */
  readonly spec: StackSpec;
  readonly app: AppSpec;
  readonly role: RoleSpec;
  readonly access: OnePasswordAccess;
  readonly server: ServerTarget;
  /** `vaults/…/items/…`, for people. */
  readonly item: string;
  readonly read: () => Promise<StackItems>;
  /** `pulumi up` of this app. */
  readonly up: () => Promise<void>;
  readonly say: (step: string, text: string) => void;
}

/**
 * Writes the role's item, or says in a person's words why that cannot be.
 *
 * @param before What it held when this was decided; what somebody wrote since is not written over.
 */
export async function writeItem(
  { access, app, role, item, read }: RotateContext,
  before: Credential,
  change: Parameters<WriteLogin>[1],
): Promise<void> {
  if (!isSame((await read()).credential(role), before)) {
    throw new BerthError(
      `app ${app.name}: ${item} was changed by somebody else in the meantime; it was not written`,
      { hint: "run the same command again: it goes on with what the item holds now" },
    );
  }
  try {
    await writeThroughClient(access)(role.item, change);
  } catch (error) {
    if (!(error instanceof ItemReadError)) throw error;
    throw new BerthError(`app ${app.name}: ${item} could not be written: ${error.message}`, {
      cause: error,
      hint: "the token needs write access to the vault; then run the same command again",
    });
  }
  if (isSame((await read()).credential(role), before)) {
    throw new BerthError(
      `app ${app.name}: 1Password took the new password for ${item}, and still answers with the former one`,
      { hint: "look at the item in 1Password; then run the same command again" },
    );
  }
}

/** What is true of the app's login after a failure, found out by trying it. */
export async function describeLogin(context: Omit<RotateContext, "up">): Promise<string> {
  const { item, read, role } = context;
  try {
    return (await logsIn(context, (await read()).credential(role)))
      ? `the server accepts what ${item} holds`
      : `${item} has the new password, and the server still has the former one`;
  } catch {
    return `${item} has the new password; whether the server has it could not be tried`;
  }
}

/**
 * Goes on with the password that the item holds. Where the server refuses it even then, `up` had nothing to
 * do: somebody changed it there, which no admin but a superuser can see, and only a new one is brought there.
 */
export async function resume(context: RotateContext): Promise<void> {
  await context.up();
  const { role, item, say } = context;
  const credential = (await context.read()).credential(role);
  if (await logsIn(context, credential)) return;
  say("item", "the server goes on refusing it, so somebody changed it there");
  await writeItem(context, credential, {});
  say("item", `${item} has a new password`);
  await context.up();
}

function isSame(one: Credential, other: Credential): boolean {
  return one.username === other.username && one.revealPassword() === other.revealPassword();
}

/** Whether the server takes a credential. Throws when it cannot be asked. */
export async function logsIn(
  context: Omit<RotateContext, "up">,
  credential: Credential,
): Promise<boolean> {
  const { app, role, server } = context;
  const target = { ...server, database: app.database.name, item: describeItem(role.item) };
  try {
    await withRoleSession(target, credential, (client) => client.query("select 1"));
    return true;
  } catch (error) {
    if (error instanceof LoginFailure && error.sqlState === "28P01") return false;
    throw error;
  }
}
