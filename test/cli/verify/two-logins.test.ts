import type { Client } from "pg";
import { expect, it } from "vitest";
import { verifySetRole } from "../../../cli/verify/two-logins.ts";
import { planDatabase } from "../../../components/postgres/plan/plan.ts";
import { makeApp } from "../../fakes/stack.ts";

/** A session in which `current_user` is this role. */
const sessionAs = (me: string) => ({ query: () => Promise.resolve({ rows: [{ me }] }) }) as never;

const app = makeApp({ owner: { rotation: "two-logins" } }, "wiki");
const { roles } = planDatabase(app, { ownershipRole: "berth_prod" } as never);

async function outcomeOf(name: string, session: Client): Promise<boolean[]> {
  const role = roles.find((planned) => planned.name === name);
  if (role === undefined) throw new Error(`no role ${name}`);
  return (await verifySetRole(session, role)).map(({ ok }) => ok);
}

it("a login that acts as the owner is well, and one that acts as itself is not", async () => {
  expect(await outcomeOf("wiki_a", sessionAs("wiki_role"))).toEqual([true]);
  expect(await outcomeOf("wiki_a", sessionAs("wiki_a"))).toEqual([false]);
});

it("of the owner itself there is nothing to prove", async () => {
  expect(await outcomeOf("wiki_role", sessionAs("wiki_role"))).toEqual([]);
});
