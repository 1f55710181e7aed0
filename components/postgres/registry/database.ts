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

  readonly #name: string;
  readonly #args: RegistryDatabaseArgs;

  constructor(name: string, args: RegistryDatabaseArgs, opts?: pulumi.ComponentResourceOptions) {
    super("berth:postgres:StockDatabase", name, {}, opts);
    this.#name = name;
    this.#args = args;
    const { plan } = args;
    const made = new Map<string, postgresql.Role>();
    for (const role of plan.roles) {
      const groups = role.memberOf.flatMap((group) => made.get(group) ?? []);
      made.set(role.name, this.#createRole(role, groups));
    }
    const ofApp = [...made.values()];
    const roles = [...ofApp, ...this.#letAdminAct(ofApp)];
    const database = this.#createDatabase(roles);
    let previous: pulumi.Resource = database;
    for (const schema of plan.schemas.filter((other) => other !== PUBLIC_SCHEMA)) {
      previous = this.#createSchema(schema, [previous, ...roles]);
    }
    for (const extension of plan.extensions) {
      previous = this.#createExtension(extension, [previous]);
    }
    for (const grant of plan.grants) previous = this.#createGrant(grant, [previous, ...roles]);
    for (const privileges of plan.defaultPrivileges) {
      previous = this.#createDefaultPrivileges(privileges, [previous, ...roles]);
    }
    this.database = database.name;
    this.registerOutputs({ database: this.database });
  }

  /** Every part of the app stays on the server. */
  #after(...dependsOn: readonly pulumi.Resource[]) {
    return { parent: this, dependsOn: [...dependsOn], retainOnDelete: true };
  }

  #createRole(role: PlannedRole, groups: readonly pulumi.Resource[]): postgresql.Role {
    const { verifiers, after, exists } = this.#args;
    const verifier = verifiers.get(role.key);
    if (verifier === undefined) throw new Error(`role ${role.name}: no verifier was made`);
    return new postgresql.Role(
      `${this.#name}-${role.key}`,
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
        ...this.#after(after, ...groups),
        aliases: imported,
        // Attributes that no entry sets stay as they are on a role that was made by hand.
        ignoreChanges: [
          "inherit",
          "statementTimeout",
          "idleInTransactionSessionTimeout",
          "assumeRole",
        ],
        ...(exists("role", role.name) ? { import: role.name } : {}),
      },
    );
  }

  /**
   * Makes the admin a member of the owner. The provider does so only while it creates the database. Its REVOKE
   * from PUBLIC then ends with a warning that it ignores, and PUBLIC can still connect.
   */
  #letAdminAct(roles: readonly pulumi.Resource[]): pulumi.Resource[] {
    const { plan, actingAdmin } = this.#args;
    if (actingAdmin === undefined) return [];
    return [
      new postgresql.GrantRole(
        `${this.#name}-administration`,
        { role: actingAdmin, grantRole: plan.database.owner },
        this.#after(...roles),
      ),
    ];
  }

  #createDatabase(roles: readonly pulumi.Resource[]): postgresql.Database {
    const { plan, exists } = this.#args;
    const { database } = plan;
    return new postgresql.Database(
      `${this.#name}-database`,
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
        ...this.#after(...roles),
        protect: true,
        aliases: imported,
        // A difference in any of these would drop the database and create it again.
        ignoreChanges: ["template", "encoding", "lcCollate", "lcCtype"],
        ...(exists("database", database.name) ? { import: database.name } : {}),
      },
    );
  }

  /** The schema is missing, or the owner's: `decideRegistry` has refused all others. */
  #createSchema(schema: string, dependsOn: readonly pulumi.Resource[]): postgresql.Schema {
    const { plan, exists } = this.#args;
    const { name: database, owner } = plan.database;
    const id = `${database}.${schema}`;
    return new postgresql.Schema(
      `${this.#name}-schema-${schema}`,
      { name: schema, database, owner, ifNotExists: false, dropCascade: false },
      { ...this.#after(...dependsOn), ...(exists("schema", id) ? { import: id } : {}) },
    );
  }

  #createExtension(
    { name, schema, version }: ExtensionSpec,
    dependsOn: readonly pulumi.Resource[],
  ): postgresql.Extension {
    return new postgresql.Extension(
      `${this.#name}-extension-${name}`,
      {
        name,
        database: this.#args.plan.database.name,
        schema,
        ...(version === undefined ? {} : { version }),
      },
      this.#after(...dependsOn),
    );
  }

  #createGrant(
    { key, grantee, on, privileges }: PlannedGrant,
    dependsOn: readonly pulumi.Resource[],
  ): postgresql.Grant {
    return new postgresql.Grant(
      `${this.#name}-grant-${key}`,
      {
        database: this.#args.plan.database.name,
        role: grantee,
        // "function" would leave out procedures. Default privileges accept no other word.
        objectType: on.type === "function" ? "routine" : on.type,
        privileges: [...privileges],
        ...(on.type === "database" ? {} : { schema: on.schema }),
      },
      this.#after(...dependsOn),
    );
  }

  #createDefaultPrivileges(
    { key, owner, grantee, schema, type, privileges }: PlannedDefaultPrivileges,
    dependsOn: readonly pulumi.Resource[],
  ): postgresql.DefaultPrivileges {
    return new postgresql.DefaultPrivileges(
      `${this.#name}-default-${key}`,
      {
        database: this.#args.plan.database.name,
        owner,
        role: grantee,
        ...(schema === null ? {} : { schema }),
        objectType: type,
        privileges: [...privileges],
      },
      this.#after(...dependsOn),
    );
  }
}
