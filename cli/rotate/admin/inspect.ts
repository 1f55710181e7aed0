import { escapeIdentifier } from "pg";
import type { OnePasswordAccess } from "../../../components/config/environment.ts";
import { describeItem, type PasswordRecipe } from "../../../components/config/spec/item.ts";
import type { StackSpec } from "../../../components/config/spec.ts";
import { BerthError } from "../../../components/errors.ts";
import { Credential } from "../../../components/onepassword/credential.ts";
import { type Item, itemPath } from "../../../components/onepassword/item.ts";
import { readItems } from "../../../components/onepassword/read-items.ts";
import { toAdminRequest, toCredential } from "../../../components/onepassword/stack-items.ts";
import { readThroughClient } from "../../../components/onepassword/through-client.ts";
import { ownSection } from "../../../components/onepassword/write/edit-login.ts";
import { makePassword } from "../../../components/onepassword/write/password.ts";
import { nextPassword } from "../../../components/onepassword/write/stage-password.ts";
import { type ServerTarget, withSession } from "../../../components/postgres/server/session.ts";
import { isLetIn } from "../context.ts";
import { type AdminStep, decideAdminStep } from "./decide.ts";

export interface AdminContext {
  readonly spec: StackSpec;
  readonly access: OnePasswordAccess;
  readonly target: ServerTarget;
  readonly say: (step: string, text: string) => void;
}

/** What the item holds, and what to do next. */
export interface AdminState {
  readonly current: Credential;
  /** With the password that stands beside it; undefined = there is none. */
  readonly next: Credential | undefined;
  readonly step: AdminStep;
  /** The one of the two that the server accepts. */
  readonly accepted: Credential;
}

/** Of the admin's password. */
export const recipe: PasswordRecipe = { length: 32, alphabet: "letters-digits" };

/** Reads the item, and finds by logins how far a rotation is. Throws where none is possible. */
export async function inspectAdmin(context: AdminContext): Promise<AdminState> {
  const item = await readAdmin(context);
  const current = toCredential(item);
  const { username, itemId } = current;
  const staged = readStaged(context, item);
  const next =
    staged === undefined || staged === current.revealPassword()
      ? undefined
      : new Credential(username, staged, itemId);
  const step = decideAdminStep({
    works: await isAccepted(context, current),
    next: next === undefined ? undefined : await isAccepted(context, next),
    wrong: await isAccepted(context, new Credential(username, makePassword(recipe))),
  });
  if (step === "any password") {
    throw new BerthError(
      `rotate: the server lets ${username} in with any password, so no login would prove a new one; nothing was changed`,
      { hint: "have pg_hba.conf ask for scram-sha-256, then run the same command again" },
    );
  }
  if (step === "no password") {
    throw new BerthError(
      `rotate: the server accepts no password of ${itemPath(context.spec.postgres.admin)} for ${username}; nothing was changed`,
      {
        hint: `put the right one into the item (its history has the former ones), or have a superuser set what the item holds, with psql: \\password ${escapeIdentifier(username)}`,
      },
    );
  }
  return { current, next, step, accepted: step === "take" && next ? next : current };
}

function readStaged({ spec }: AdminContext, item: Item): string | undefined {
  const sections = item.sectionsOf(nextPassword);
  if (sections.every((section) => section === ownSection.label)) {
    return item.revealField(nextPassword);
  }
  throw new BerthError(
    `rotate: ${itemPath(spec.postgres.admin)} has a field "${nextPassword}" that Berth did not make; nothing was changed`,
    { hint: "give that field another name, then run the same command again" },
  );
}

export async function readAdmin({
  spec,
  access,
}: Pick<AdminContext, "spec" | "access">): Promise<Item> {
  const ref = spec.postgres.admin;
  return (await readItems([toAdminRequest(ref)], readThroughClient(access)))(ref);
}

/** Whether a login as the admin succeeds. Throws when the server cannot be reached. */
export async function isAccepted(
  { spec: { postgres }, target }: Pick<AdminContext, "spec" | "target">,
  credential: Credential,
): Promise<boolean> {
  const item = describeItem(postgres.admin);
  const way = { ...target, database: postgres.maintenanceDatabase, item };
  return await isLetIn(withSession(way, credential, (client) => client.query("select 1")));
}
