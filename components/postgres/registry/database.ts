import * as postgresql from "@pulumi/postgresql";
import * as pulumi from "@pulumi/pulumi";
import type { ExtensionSpec } from "../../config/spec.ts";
import {
  type DatabasePlan,
  type PlannedDefaultPrivileges,
  type PlannedGrant,
  type PlannedRole,
  PUBLIC_SCHEMA,
  toReplication,
} from "../plan/plan.ts";
import type { RegistryDecision } from "./decide.ts";

/** Arguments of {@link RegistryDatabase}. */
export interface RegistryDatabaseArgs {
  readonly plan: DatabasePlan;
  /** Verifier of each role, by the role's key. */
  readonly verifiers: ReadonlyMap<string, string>;
  /** Whether something of this name exists and must be imported. */
  readonly exists: RegistryDecision["exists"];
  /** The ownership role; created before its members. */
  readonly after: pulumi.Resource;
  /** Admin that must become a member of the owner. */
  readonly actingAdmin?: RegistryDecision["actingAdmin"];
}

/** `pulumi import` puts resources directly under the stack. */
const imported: pulumi.Alias[] = [{ parent: pulumi.rootStackResource }];

/**
 * One app's roles, database, grants and default privileges as `postgresql` resources.
 *
 * All of it stays on the server when it leaves the program. The provider's delete would be
 * `DROP DATABASE … WITH (FORCE)`. An app that changes to Berth's own provider adopts the same roles and grants in the run in which
 * these resources leave. The database also has `protect`, so nothing removes it from state, not even that
 * change, before `pulumi state unprotect`.
 *
 * Resources inside one database form a chain, because parallel grants on one object fail with "tuple
 * concurrently updated".
 */
export class RegistryDatabase extends pulumi.ComponentResource {
  /** The database's name, known once it exists. */
  readonly database: pulumi.Output<string>;

  constructor(name: string, args: RegistryDatabaseArgs, opts?: pulumi.ComponentResourceOptions) {
    super("berth:postgres:StockDatabase", name, {}, opts);
    const { plan } = args;
    const made = new Map<string, postgresql.Role>();
    for (const role of plan.roles) {
      const groups = role.memberOf.flatMap((group) => made.get(group) ?? []);
      made.set(role.name, this.#createRole(name, role, args, groups));
    }
    const ofApp = [...made.values()];
    const roles = [...ofApp, ...this.#letAdminAct(name, args, ofApp)];
    const database = this.#createDatabase(name, args, roles);
    let previous: pulumi.Resource = database;
    for (const schema of plan.schemas.filter((other) => other !== PUBLIC_SCHEMA)) {
      previous = this.#createSchema(name, schema, args, [previous, ...roles]);
    }
    for (const extension of plan.extensions) {
      previous = this.#createExtension(name, extension, plan, [previous]);
    }
    for (const grant of plan.grants)
      previous = this.#createGrant(name, grant, plan, [previous, ...roles]);
    for (const privileges of plan.defaultPrivileges) {
      previous = this.#createDefaultPrivileges(name, privileges, plan, [previous, ...roles]);
    }
    this.database = database.name;
    this.registerOutputs({ database: this.database });
  }

  #createRole(
    name: string,
    role: PlannedRole,
    args: RegistryDatabaseArgs,
    groups: readonly pulumi.Resource[],
  ): postgresql.Role {
    const verifier = args.verifiers.get(role.key);
    if (verifier === undefined) throw new Error(`role ${role.name}: no verifier was made`);
    return new postgresql.Role(
      `${name}-${role.key}`,
      {
        name: role.name,
        login: true,
        password: pulumi.secret(verifier),
        connectionLimit: role.connectionLimit,
        ...toReplication(role),
        // The full list: every update of a role revokes what is not listed.
        roles: [...role.memberOf],
        searchPaths: [...role.searchPath],
        skipReassignOwned: true,
      },
      {
        parent: this,
        dependsOn: [args.after, ...groups],
        retainOnDelete: true,
        aliases: imported,
        // Attributes that no entry sets stay as they are on a role that was made by hand.
        ignoreChanges: [
          "inherit",
          "statementTimeout",
          "idleInTransactionSessionTimeout",
          "assumeRole",
        ],
        ...(args.exists("role", role.name) ? { import: role.name } : {}),
      },
    );
  }

  /**
   * Makes the admin a member of the owner. The provider does so only while it creates the database. Its REVOKE
   * from PUBLIC then ends with a warning that it ignores, and PUBLIC can still connect.
   */
  #letAdminAct(
    name: string,
    { plan, actingAdmin }: RegistryDatabaseArgs,
    dependsOn: readonly pulumi.Resource[],
  ): pulumi.Resource[] {
    if (actingAdmin === undefined) return [];
    return [
      new postgresql.GrantRole(
        `${name}-administration`,
        { role: actingAdmin, grantRole: plan.database.owner },
        { parent: this, dependsOn: [...dependsOn], retainOnDelete: true },
      ),
    ];
  }

  #createDatabase(
    name: string,
    args: RegistryDatabaseArgs,
    roles: readonly pulumi.Resource[],
  ): postgresql.Database {
    const { database } = args.plan;
    return new postgresql.Database(
      `${name}-database`,
      {
        name: database.name,
        owner: database.owner,
        encoding: database.encoding,
        template: database.template ?? "template0",
        // DEFAULT is the template's own collation; the provider's default would be "C".
        lcCollate: database.collate ?? "DEFAULT",
        lcCtype: database.ctype ?? "DEFAULT",
        connectionLimit: database.connectionLimit,
      },
      {
        parent: this,
        dependsOn: [...roles],
        protect: true,
        retainOnDelete: true,
        aliases: imported,
        // A difference in any of these would drop the database and create it again.
        ignoreChanges: ["template", "encoding", "lcCollate", "lcCtype"],
        ...(args.exists("database", database.name) ? { import: database.name } : {}),
      },
    );
  }

  /** The schema is missing, or the owner's: `decideRegistry` has refused all others. */
  #createSchema(
    name: string,
    schema: string,
    { plan, exists }: RegistryDatabaseArgs,
    dependsOn: readonly pulumi.Resource[],
  ): postgresql.Schema {
    const id = `${plan.database.name}.${schema}`;
    return new postgresql.Schema(
      `${name}-schema-${schema}`,
      {
        name: schema,
        database: plan.database.name,
        owner: plan.database.owner,
        ifNotExists: false,
        dropCascade: false,
      },
      {
        parent: this,
        dependsOn: [...dependsOn],
        retainOnDelete: true,
        ...(exists("schema", id) ? { import: id } : {}),
      },
    );
  }

  #createExtension(
    name: string,
    extension: ExtensionSpec,
    plan: DatabasePlan,
    dependsOn: readonly pulumi.Resource[],
  ): postgresql.Extension {
    return new postgresql.Extension(
      `${name}-extension-${extension.name}`,
      {
        name: extension.name,
        database: plan.database.name,
        schema: extension.schema,
        ...(extension.version === undefined ? {} : { version: extension.version }),
      },
      { parent: this, dependsOn: [...dependsOn], retainOnDelete: true },
    );
  }

  #createGrant(
    name: string,
    grant: PlannedGrant,
    plan: DatabasePlan,
    dependsOn: readonly pulumi.Resource[],
  ): postgresql.Grant {
    return new postgresql.Grant(
      `${name}-grant-${grant.key}`,
      {
        database: plan.database.name,
        role: grant.grantee,
        // "function" would leave out procedures. Default privileges accept no other word.
        objectType: grant.on.type === "function" ? "routine" : grant.on.type,
        privileges: [...grant.privileges],
        ...(grant.on.type === "database" ? {} : { schema: grant.on.schema }),
      },
      { parent: this, dependsOn: [...dependsOn], retainOnDelete: true },
    );
  }

  #createDefaultPrivileges(
    name: string,
    privileges: PlannedDefaultPrivileges,
    plan: DatabasePlan,
    dependsOn: readonly pulumi.Resource[],
  ): postgresql.DefaultPrivileges {
    return new postgresql.DefaultPrivileges(
      `${name}-default-${privileges.key}`,
      {
        database: plan.database.name,
        owner: privileges.owner,
        role: privileges.grantee,
        ...(privileges.schema === null ? {} : { schema: privileges.schema }),
        objectType: privileges.type,
        privileges: [...privileges.privileges],
      },
      { parent: this, dependsOn: [...dependsOn], retainOnDelete: true },
    );
  }
}
