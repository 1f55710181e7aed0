import type { PostgresSpec } from "../config/spec.ts";
import type { Catalog, LiveRole, ServerFacts } from "./inspect.ts";

/** Oldest server that Berth is tested with. */
const oldestVersion = 140000;

/** The identifier that a stack pins and the one that answered; pure, so that it can be shown anywhere. */
export function findIdentityProblem(
  facts: ServerFacts,
  postgres: Pick<PostgresSpec, "systemIdentifier">,
): string | undefined {
  if (postgres.systemIdentifier === undefined) {
    return (
      `the stack does not say which server it is for; the one that answered has system_identifier ${facts.systemIdentifier}. ` +
      `If that is the right one, add to the stack file under berth:postgres: systemIdentifier: "${facts.systemIdentifier}"`
    );
  }
  if (postgres.systemIdentifier === facts.systemIdentifier) return undefined;
  return (
    `this is another server than the stack is for: it has system_identifier ${facts.systemIdentifier}, ` +
    `the stack expects ${postgres.systemIdentifier} (berth:postgres.systemIdentifier). Nothing was written. ` +
    "Check the context, namespace and Service of berth:postgres.endpoint"
  );
}

/** What makes a server unfit, besides being another one. */
export function findServerProblems(
  facts: ServerFacts,
  postgres: Pick<PostgresSpec, "reserved">,
): string[] {
  const { admin } = facts;
  return [
    ...(facts.versionNumber < oldestVersion
      ? [`its version is ${formatVersion(facts.versionNumber)}; Berth needs 14 or newer`]
      : []),
    ...(facts.isStandby
      ? [
          "it is a standby, which is read-only; point berth:postgres.endpoint at the primary's Service",
        ]
      : []),
    ...(facts.isSuperuser || facts.canCreateRole
      ? []
      : [
          `role "${admin}" may not create roles; as a superuser run: ALTER ROLE "${admin}" CREATEROLE`,
        ]),
    ...(facts.isSuperuser || facts.canCreateDatabase
      ? []
      : [
          `role "${admin}" may not create databases; as a superuser run: ALTER ROLE "${admin}" CREATEDB`,
        ]),
    ...(postgres.reserved.includes(admin)
      ? [`role "${admin}" is reserved and cannot be the admin`]
      : []),
  ];
}

/** Why the marker role, if it exists, is not the one Berth makes. */
export function findMarkerProblem(
  catalog: Catalog,
  postgres: Pick<PostgresSpec, "markerRole">,
): string | undefined {
  const live = catalog.roles.get(postgres.markerRole);
  if (live === undefined || !hasRights(live)) return undefined;
  return (
    `role "${live.name}" exists and can log in or has rights, so it is not the marker role that Berth makes; ` +
    "set berth:postgres.markerRole to a name that is free"
  );
}

/** Whether a role is more than a name: its members could take any of this with SET ROLE. */
function hasRights(role: LiveRole): boolean {
  return (
    role.canLogin ||
    role.isSuperuser ||
    role.canCreateRole ||
    role.canCreateDatabase ||
    role.canReplicate ||
    role.bypassesRls ||
    role.memberOf.length > 0 ||
    role.ownedDatabases.length > 0
  );
}

/** `180004` → `18.4`. */
export function formatVersion(versionNumber: number): string {
  return `${String(Math.floor(versionNumber / 10000))}.${String(versionNumber % 10000)}`;
}
