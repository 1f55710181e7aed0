import { escapeIdentifier, escapeLiteral } from "pg";
import type {
  DatabasePlan,
  PlannedDefaultPrivileges,
  PlannedGrant,
} from "../../components/postgres/plan/plan.ts";

/** The shortest way to what the plans say, as a psql script: nothing read and nothing checked. */
export function toScript(
  plans: readonly DatabasePlan[],
  verifier: (role: string) => string,
): string {
  return plans
    .flatMap((plan) => [
      ...plan.roles.map(
        (role) =>
          `create role ${escapeIdentifier(role.name)} login password ${escapeLiteral(verifier(role.name))} in role ${role.memberOf.map(escapeIdentifier).join(", ")};`,
      ),
      `create database ${escapeIdentifier(plan.database.name)} owner ${escapeIdentifier(plan.database.owner)} template template0 encoding ${escapeLiteral(plan.database.encoding)};`,
      ...plan.grants
        .filter((grant) => grant.on.type === "database")
        .map((grant) => formatGrant(grant, plan)),
      `\\connect ${escapeIdentifier(plan.database.name)}`,
      ...plan.grants
        .filter((grant) => grant.on.type !== "database")
        .map((grant) => formatGrant(grant, plan)),
      ...plan.defaultPrivileges.map(formatDefaultPrivileges),
    ])
    .join("\n");
}

function formatGrant(grant: PlannedGrant, plan: DatabasePlan): string {
  const grantee = grant.grantee === "public" ? "public" : escapeIdentifier(grant.grantee);
  const object = formatObject(grant, plan.database.name);
  return grant.privileges.length === 0
    ? `revoke all on ${object} from ${grantee};`
    : `grant ${grant.privileges.join(", ")} on ${object} to ${grantee};`;
}

function formatObject({ on }: PlannedGrant, database: string): string {
  switch (on.type) {
    case "database":
      return `database ${escapeIdentifier(database)}`;
    case "schema":
      return `schema ${escapeIdentifier(on.schema)}`;
    case "table":
    case "sequence":
    case "function":
      return `all ${on.type}s in schema ${escapeIdentifier(on.schema)}`;
  }
}

function formatDefaultPrivileges(privileges: PlannedDefaultPrivileges): string {
  const { owner, grantee, schema, type } = privileges;
  const where = schema === null ? "" : ` in schema ${escapeIdentifier(schema)}`;
  return `alter default privileges for role ${escapeIdentifier(owner)}${where} grant ${privileges.privileges.join(", ")} on ${type}s to ${escapeIdentifier(grantee)};`;
}
