import type { PostgresSpec } from "../../config/spec/postgres.ts";
import type { Credential } from "../../onepassword/credential.ts";
import { inspectRoles, inspectServer } from "../catalog/catalog.ts";
import { decideOwnership, toOwnershipComment } from "../rules/roles/identity.ts";
import { type SessionTarget, withSession } from "../server/session.ts";
import { type Action, describeAction } from "../statements/actions.ts";
import { explainStatementFailure } from "../statements/failure.ts";
import { hiddenVerifiers, toStatement } from "../statements/sql.ts";

/**
 * Creates the ownership role and the stack's comment on it in one transaction; the registry's resource then
 * imports the role. The registry's provider writes no comments, and a run that died between the two would leave
 * a role that could be anybody's.
 */
export async function claimOwnershipRole(
  { ownershipRole, stack }: Pick<PostgresSpec, "ownershipRole" | "stack">,
  target: SessionTarget,
  admin: Credential,
): Promise<void> {
  if (stack === undefined) return;
  await withSession(target, admin, async (client) => {
    const live = (await inspectRoles(client, [ownershipRole])).get(ownershipRole);
    const { versionNumber } = await inspectServer(client);
    const create = { kind: "create-ownership-role", path: "roles", role: ownershipRole } as const;
    const actions: readonly Action[] =
      live === undefined
        ? [create, toOwnershipComment(ownershipRole, stack)]
        : decideOwnership(live, stack).actions;
    await client.query("BEGIN");
    for (const action of actions) {
      const statement = toStatement(action, hiddenVerifiers);
      const intent = describeAction(action);
      await client.query(statement).catch((error: unknown) => {
        const context = { role: ownershipRole, admin: admin.username, versionNumber };
        throw explainStatementFailure(error, { app: "(all)", ...context, intent, statement });
      });
    }
    await client.query("COMMIT");
  });
}
