import type { PostgresSpec } from "../../config/spec/postgres.ts";
import { BerthError } from "../../errors.ts";
import { inspectRoles } from "../catalog/catalog.ts";
import type { Session } from "./pool.ts";

/** Throws if a role is not the stack's. It reads in the session and transaction that will change the role. */
export async function requireOurRoles(
  { client }: Session,
  names: readonly string[],
  { ownershipRole }: Pick<PostgresSpec, "ownershipRole">,
): Promise<void> {
  const roles = await inspectRoles(client, names);
  const others = names.filter((name) => roles.get(name)?.memberOf.includes(ownershipRole) !== true);
  if (others.length === 0) return;
  throw new BerthError(
    `role ${others.join(", ")} is not a member of ${ownershipRole}, so it is not this stack's; nothing was done with it`,
  );
}
