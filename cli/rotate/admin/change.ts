import type { Client } from "pg";
import { commandLine } from "../../../components/command-line.ts";
import { BerthError, messageOf } from "../../../components/errors.ts";
import { Credential } from "../../../components/onepassword/credential.ts";
import { ItemReadError, itemPath } from "../../../components/onepassword/item.ts";
import { toCredential } from "../../../components/onepassword/stack-items.ts";
import { makePassword } from "../../../components/onepassword/write/password.ts";
import {
  nextPassword,
  stagePassword,
  takeNextPassword,
} from "../../../components/onepassword/write/stage-password.ts";
import { editThroughClient } from "../../../components/onepassword/write/write-login.ts";
import { toStatement } from "../../../components/postgres/statements/sql.ts";
import { makeVerifier, scramFor } from "../../../components/postgres/verifier.ts";
import { writeAs } from "../write-as.ts";
import {
  type AdminContext,
  type AdminState,
  inspectAdmin,
  isAccepted,
  readAdmin,
  recipe,
} from "./inspect.ts";

/** The password in use, and the one that comes after it. */
interface Passwords {
  readonly current: Credential;
  readonly next: Credential;
}

const again = "run the same command again: it finds by logins how far this is, and goes on";

/**
 * Does the steps under the run lock. At every moment 1Password has each password that the server may have, so a run
 * that ends anywhere locks nobody out. The item's `password`, which all others read, changes last.
 */
export async function changeAdmin(
  context: AdminContext,
  { accepted }: Pick<AdminState, "accepted">,
): Promise<void> {
  const item = itemPath(context.spec.postgres.admin);
  await writeAs(accepted, context, (server) =>
    server.withMaintenance(async ({ client }) => {
      // Another rotation may have had the lock until now.
      const { current, next: staged, step } = await inspectAdmin(context);
      const { username, itemId } = current;
      const next = staged ?? new Credential(username, makePassword(recipe), itemId);
      const passwords = { current, next };
      if (step === "stage") await stage(context, passwords);
      if (step !== "take") await giveToServer(context, client, passwords);
      await take(context, client, passwords);
    }),
  );
  if (await isAccepted(context, toCredential(await readAdmin(context)))) {
    context.say("login", `the server accepts what ${item} holds`);
    return;
  }
  throw new BerthError(
    `rotate: the server refuses what ${item} holds now, so somebody changed one of the two in the meantime`,
    { hint: again },
  );
}

/** First step: the new password is in 1Password before the server has it. */
async function stage(context: AdminContext, { current, next }: Passwords): Promise<void> {
  const { spec, access, say } = context;
  const item = itemPath(spec.postgres.admin);
  const both = { password: current.revealPassword(), next: next.revealPassword() };
  const isThere = async (): Promise<boolean> =>
    (await readAdmin(context)).revealField(nextPassword) === both.next;
  try {
    await editThroughClient(access)(spec.postgres.admin, (one) => {
      stagePassword(one, both);
    });
  } catch (error) {
    // An answer that was lost says nothing about the item.
    if (!(error instanceof ItemReadError) || !(await isThere().catch(() => false))) {
      throw toRefusal(`${item} could not be written, and nothing was changed on the server`, error);
    }
  }
  if (!(await isThere())) {
    throw new BerthError(
      `rotate: 1Password took field "${nextPassword}" of ${item}, and still answers without it; nothing was changed on the server`,
      { hint: "look at the item in 1Password; then run the same command again" },
    );
  }
  say("item", `${item} has a new password in its field "${nextPassword}"`);
}

/** Second step. The session stays open, so it can take the password back. */
async function giveToServer(
  context: AdminContext,
  client: Client,
  { current, next }: Passwords,
): Promise<void> {
  const item = itemPath(context.spec.postgres.admin);
  try {
    await setPassword(client, next);
  } catch (error) {
    const isFormer = await isAccepted(context, current).catch(() => undefined);
    const which =
      isFormer === undefined
        ? `whether it has the new one could not be tried; that is in field "${nextPassword}" of ${item}`
        : isFormer
          ? `it has the former one, which is still the password of ${item}; the new one is in its field "${nextPassword}"`
          : `it has the new one, which is in field "${nextPassword}" of ${item}`;
    throw toRefusal(`the server did not confirm the new password: ${which}`, error);
  }
  const proof = await isAccepted(context, next).catch((error: unknown) => error);
  if (proof !== true) {
    await setPassword(client, current);
    const why =
      proof === false
        ? "it refused a login with it"
        : // Without the fix, which is for a verb that cannot log in at all.
          `no login with it was possible (${proof instanceof BerthError ? proof.what : messageOf(proof)})`;
    throw new BerthError(
      `rotate: the server took a new password for ${next.username}, and ${why}; it has the former one again, which ${item} still holds`,
      {
        cause: proof,
        hint: `${commandLine("doctor")} looks for what is wrong; then run the same command again`,
      },
    );
  }
  context.say("server", `role ${next.username} has the new password, and logs in with it`);
}

/** Last step. If the item cannot be written, the server gets the password back that everybody reads. */
async function take(
  context: AdminContext,
  client: Client,
  { current, next }: Passwords,
): Promise<void> {
  const { spec, access, say } = context;
  const item = itemPath(spec.postgres.admin);
  const both = { password: current.revealPassword(), next: next.revealPassword() };
  try {
    await editThroughClient(access)(spec.postgres.admin, (one) => {
      takeNextPassword(one, both);
    });
  } catch (error) {
    const now = await readAdmin(context).catch(() => undefined);
    const held = now === undefined ? undefined : toCredential(now).revealPassword();
    if (held === undefined) {
      throw toRefusal(
        `${item} was perhaps not written, and cannot be read now; the server has the new password, which is in its field "${nextPassword}" or already in "password"`,
        error,
      );
    }
    if (held !== both.next) {
      await setPassword(client, new Credential(current.username, held, current.itemId));
      throw toRefusal(
        `${item} could not be written; the server has the item's password again, and the new one is still in field "${nextPassword}"`,
        error,
      );
    }
  }
  say("item", `${item} has the new password, which every stack that names it reads from now on`);
}

async function setPassword(client: Client, credential: Credential): Promise<void> {
  const { username: role, itemId } = credential;
  const verifier = makeVerifier(credential.revealPassword(), role, scramFor(role, itemId));
  const action = { kind: "set-password", path: "", role, key: "" } as const;
  await client.query(toStatement(action, () => verifier));
}

function toRefusal(what: string, error: unknown): BerthError {
  const because = error instanceof Error ? `: ${error.message}` : "";
  const isToken = error instanceof ItemReadError && error.failure === "unauthorized";
  return new BerthError(`rotate: ${what}${because}`, {
    cause: error,
    hint: isToken ? `give the token write access to the vault; then ${again}` : again,
  });
}
