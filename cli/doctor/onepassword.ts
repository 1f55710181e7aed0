import {
  type OnePasswordAccess,
  readOnePasswordAccess,
} from "../../components/config/environment.ts";
import type { StackSpec } from "../../components/config/spec.ts";
import { BerthError, messageOf } from "../../components/errors.ts";
import type { Credential } from "../../components/onepassword/credential.ts";
import { ItemReadError, type ReadItem } from "../../components/onepassword/item.ts";
import { readItems } from "../../components/onepassword/read-items.ts";
import {
  planItemRequests,
  readAdmin,
  readStackItems,
  toAdminWithoutItem,
} from "../../components/onepassword/stack-items.ts";
import { readThroughClient } from "../../components/onepassword/through-client.ts";
import { refuseUnusablePasswords } from "../../components/postgres/verifier.ts";
import type { Outcome, Report } from "./report.ts";
import type { World } from "./world.ts";

/** Checks of 1Password: the access, the token, the vault, and all items of the stack. */

const group = "1Password";

export async function checkOnePassword(
  report: Report,
  world: World,
): Promise<Outcome<OnePasswordAccess>> {
  const fix =
    "export OP_CONNECT_HOST and OP_CONNECT_TOKEN (Connect), or OP_SERVICE_ACCOUNT_TOKEN, or OP_ACCOUNT (desktop app)";
  const access = await report.check({ group, name: "environment", fix }, [], () => {
    const found = readOnePasswordAccess(world.env);
    return { value: found, detail: found.kind === "connect" ? "Connect" : found.kind };
  });
  const name = "reachable";
  return await report.check({ group, name, fix }, [access], async (found) => {
    const detail = found.kind === "connect" ? await askHeartbeat(found.url) : await askOp(world);
    return { value: found, detail };
  });
}

async function askHeartbeat(url: string): Promise<string> {
  const hint = 'correct OP_CONNECT_HOST; curl "$OP_CONNECT_HOST/heartbeat" must answer';
  const ask = { signal: AbortSignal.timeout(9_000) };
  const heartbeat = fetch(`${url.replace(/\/+$/, "")}/heartbeat`, ask);
  const { status } = await heartbeat.catch((error: unknown) => {
    const reason = messageOf((error as Error).cause ?? error);
    const what = `1Password Connect does not answer at OP_CONNECT_HOST: ${reason}`;
    throw new BerthError(what, { hint, cause: error });
  });
  if (status === 200) return "Connect answers";
  const what = `what answers at OP_CONNECT_HOST is not Connect, or Connect has a problem: status ${String(status)}`;
  throw new BerthError(what, { hint });
}

async function askOp(world: World): Promise<string> {
  const ran = await world.run("op", ["--version"]);
  if (ran?.exitCode === 0) return `op ${ran.stdout.trim()}`;
  throw new BerthError("op, 1Password's command, is not on PATH or does not start", {
    hint: "install it: https://developer.1password.com/docs/cli/get-started/",
  });
}

/** Answers with the admin's credential if its own item is correct, also when others are not. */
export async function checkItems(
  report: Report,
  needs: readonly [spec: Outcome<StackSpec>, access: Outcome<OnePasswordAccess>],
): Promise<Outcome<Credential>> {
  const fix = "op vault list, with the same variables, shows what they may read";
  const vault = await report.check(
    { group, name: "token and vault", fix },
    needs,
    async (spec, access) => {
      const readItem = readThroughClient(access);
      const admin = await readAdminItem(spec, readItem);
      return { value: { readItem, admin }, detail: `vault "${spec.vault}" can be read` };
    },
  );
  const edit = "op item edit, or correct the item's name in the stack file";
  const items = await report.check(
    { group, name: "items", fix: edit },
    [needs[0], vault],
    async (spec, { readItem }) => {
      const found = await readStackItems(spec, readItem);
      const count = new Set(planItemRequests(spec).map(({ ref }) => ref.item)).size;
      return { value: found, detail: `all ${String(count)} are there, with their fields` };
    },
  );
  await report.check({ group, name: "passwords", fix: edit }, [needs[0], items], (spec, found) => {
    refuseUnusablePasswords(spec.apps, found.credential);
    return { detail: "Postgres and its clients take all of them" };
  });
  if ("because" in vault) return vault;
  const { admin } = vault.value;
  return admin === undefined ? { because: `because "${group}: items" failed` } : { value: admin };
}

/** Reads the first item. undefined = the vault can be read, but the admin's item is wrong. */
async function readAdminItem(spec: StackSpec, readItem: ReadItem): Promise<Credential | undefined> {
  let last: unknown;
  const remembering: ReadItem = async (ref) => {
    try {
      const item = await readItem(ref);
      last = undefined;
      return item;
    } catch (error) {
      last = error;
      throw error;
    }
  };
  const [request] = planItemRequests(spec);
  const known = toAdminWithoutItem(spec.postgres);
  if (request === undefined) return known;
  try {
    return readAdmin(spec, await readItems([request], remembering));
  } catch (error) {
    const isOfItem =
      !(last instanceof ItemReadError) || ["missing item", "several items"].includes(last.failure);
    if (error instanceof BerthError && isOfItem) return known;
    throw error;
  }
}
