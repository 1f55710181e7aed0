import type { Grants } from "../../config/privileges.ts";
import { joinGrants } from "../../config/schema/postgres/privileges.ts";
import { isMapping } from "../../mapping.ts";
import { entrance, PUBLIC_SCHEMA, profiles } from "./access.ts";
import type { AppDatabaseState, RoleState } from "./app-properties.ts";

/**
 * Defaults of an AppDatabase. Its inputs leave them out, because the engine stores, compares and logs every
 * property of every app in each run, and most properties have their default.
 */

const ofApp = { adopt: false, reclaimPolicy: "retain", schemas: [PUBLIC_SCHEMA], extensions: [] };
const ofDatabase = { encoding: "UTF8", connectionLimit: -1, revokePublic: true, settings: {} };
const ofRole = { connectionLimit: -1, memberOf: [], searchPath: [], settings: {} };
const ofProfile: Readonly<Record<RoleState["profile"], Grants>> = {
  owner: {},
  readwrite: joinGrants(entrance, profiles.readwrite),
  readonly: joinGrants(entrance, profiles.readonly),
  custom: {},
};

type Values = Readonly<Record<string, unknown>>;

export function withoutDefaults({ database, roles, ...app }: AppDatabaseState): Values {
  return {
    ...leaveOut(ofApp, app),
    database: leaveOut(ofDatabase, database),
    roles: Object.fromEntries(
      Object.entries(roles).map(([key, role]) => [
        key,
        leaveOut({ ...ofRole, grants: ofProfile[role.profile] }, role),
      ]),
    ),
  };
}

/** Inputs with all defaults. A value of the wrong type stays, and the provider's check refuses it. */
export function withDefaults(inputs: Values): Values {
  const { database, roles } = inputs;
  return {
    ...ofApp,
    ...inputs,
    database: isMapping(database) ? { ...ofDatabase, ...database } : database,
    roles: isMapping(roles)
      ? Object.fromEntries(
          Object.entries(roles).map(([key, role]) => [key, withRoleDefaults(role)]),
        )
      : roles,
  };
}

function withRoleDefaults(role: unknown): unknown {
  if (!isMapping(role)) return role;
  const grants = ofProfile[role["profile"] as RoleState["profile"]] as Grants | undefined;
  return { ...ofRole, grants, ...withNewNames(role) };
}

/** State of an earlier version calls `setRole` `actsAs`, and a `rotated` login `in-turn`. */
function withNewNames({ actsAs, ...role }: Values): Values {
  return {
    ...role,
    ...(role["login"] === "in-turn" ? { login: "rotated" } : {}),
    ...(actsAs === undefined ? {} : { setRole: actsAs }),
  };
}

function leaveOut(defaults: Values, given: object): Values {
  return Object.fromEntries(
    Object.entries(given).filter(
      ([name, value]) => JSON.stringify(value) !== JSON.stringify(defaults[name]),
    ),
  );
}
