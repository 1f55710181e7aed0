import * as postgresql from "@pulumi/postgresql";
import type * as pulumi from "@pulumi/pulumi";
import type { PostgresSpec } from "../config/spec.ts";

/**
 * The marker role: without login and without rights. A role becomes its member in the transaction
 * that creates it, so that a run killed at any moment can tell what it made from what others made.
 * It is kept on destroy, since the roles and databases that are kept then still need their mark.
 */
export function createMarkerRole(
  postgres: PostgresSpec,
  exists: boolean,
  opts: pulumi.CustomResourceOptions,
): postgresql.Role {
  return new postgresql.Role(
    "marker",
    {
      name: postgres.markerRole,
      login: false,
      roles: [],
      searchPaths: [],
      skipReassignOwned: true,
    },
    { ...opts, retainOnDelete: true, ...(exists ? { import: postgres.markerRole } : {}) },
  );
}
