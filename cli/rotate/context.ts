import type { OnePasswordAccess } from "../../components/config/environment.ts";
import { keysInItem } from "../../components/config/login-keys.ts";
import { describeItem } from "../../components/config/spec/item.ts";
import type { AppSpec, RoleSpec, StackSpec } from "../../components/config/spec.ts";
import { BerthError } from "../../components/errors.ts";
import type { Credential } from "../../components/onepassword/credential.ts";
import { ItemReadError } from "../../components/onepassword/item.ts";
import type { StackItems } from "../../components/onepassword/stack-items.ts";
import { makePassword } from "../../components/onepassword/write/password.ts";
import {
  type WriteLogin,
  writeThroughClient,
} from "../../components/onepassword/write/write-login.ts";
import { LoginFailure } from "../../components/postgres/server/login-failure.ts";
import { type ServerTarget, withRoleSession } from "../../components/postgres/server/session.ts";
import type { AppArgs } from "../define-verb.ts";

export interface RotateArgs extends AppArgs {
  readonly role: string | undefined;
  /** Minutes to wait for the Secret. */
  readonly wait: number;
  /** Disable the logins that the item no longer names. */
  readonly retire: boolean;
  /** Write only the fields of the item that are keys of the Secret. */
  readonly keys: boolean;
  readonly json: boolean;
}

export interface RotateContext {
  readonly args: RotateArgs;
  /** Contains this app alone, because `rotate` ignores all others. */
  readonly spec: StackSpec;
  readonly app: AppSpec;
  readonly role: RoleSpec;
  readonly access: OnePasswordAccess;
  readonly server: ServerTarget;
  /** `vaults/…/items/…`, for messages. */
  readonly item: string;
  readonly read: () => Promise<StackItems>;
  /** Runs `pulumi up` for this app. */
  readonly up: () => Promise<void>;
  readonly say: (step: string, text: string) => void;
}

/** Writes the role's item, unless somebody has changed it since `before`. Throws with a fix if 1Password refuses. */
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
    await writeThroughClient(access)(role.item, { ...change, keys: keysInItem(app, role), role });
  } catch (error) {
    // An answer that was lost says nothing about the item.
    const now = await read().catch(() => undefined);
    if (now === undefined || isSame(now.credential(role), before)) {
      throw toWriteError({ app, item, isKnown: now !== undefined }, error);
    }
  }
  if (isSame((await read()).credential(role), before)) {
    throw new BerthError(
      `app ${app.name}: 1Password took the new password for ${item}, and still answers with the former one`,
      { hint: "look at the item in 1Password; then run the same command again" },
    );
  }
}

/** What 1Password refused. The token may be read-only on purpose, and then there is another way for the keys. */
export function toWriteError(
  { app, item, isKnown }: Pick<RotateContext, "app" | "item"> & { readonly isKnown: boolean },
  error: unknown,
): unknown {
  if (!(error instanceof ItemReadError)) return error;
  if (!isKnown) {
    return new BerthError(
      `app ${app.name}: ${item} was perhaps not written, and cannot be read now: ${error.message}`,
      {
        cause: error,
        hint: "run the same command again: it goes on with what the item holds then",
      },
    );
  }
  const hasKeys = app.roles.some((role) => keysInItem(app, role).length > 0);
  const way = hasKeys
    ? `; without write access set berth:apps.${app.name}.secretsThrough to external-secret, which needs no fields in the item for the keys`
    : "";
  return new BerthError(`app ${app.name}: ${item} could not be written: ${error.message}`, {
    cause: error,
    hint:
      error.failure === "unauthorized"
        ? `the token needs write access to the vault; then run the same command again${way}`
        : "correct what it says above, then run the same command again",
  });
}

/** Whether the app can log in after a failure, found by a login. */
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

/** If the server refuses it after `up` too, somebody changed it there, and only a new password helps. */
export async function resume(context: RotateContext): Promise<void> {
  await context.up();
  const { role, item, say } = context;
  const credential = (await context.read()).credential(role);
  if (await logsIn(context, credential)) return;
  say("item", "the server still refuses it, so somebody changed it there");
  await writeItem(context, credential, { password: makePassword(role.generate) });
  say("item", `${item} has a new password`);
  await context.up();
}

function isSame(one: Credential, other: Credential): boolean {
  return one.username === other.username && one.revealPassword() === other.revealPassword();
}

/** Whether a login with the credential succeeds. Throws when the server cannot be reached. */
export async function logsIn(
  context: Omit<RotateContext, "up">,
  credential: Credential,
): Promise<boolean> {
  const { app, role, server } = context;
  const target = { ...server, database: app.database.name, item: describeItem(role.item) };
  return await isLetIn(withRoleSession(target, credential, (client) => client.query("select 1")));
}

/** False = the server refuses the password. Throws for any other failure. */
export async function isLetIn(login: Promise<unknown>): Promise<boolean> {
  try {
    await login;
    return true;
  } catch (error) {
    if (error instanceof LoginFailure && error.sqlState === "28P01") return false;
    throw error;
  }
}
