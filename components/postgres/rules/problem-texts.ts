/** What a person reads about a rule in docs/troubleshooting.md. */
interface ProblemText {
  /** What the message has; `…` stands for names and the like. */
  readonly seen: readonly string[];
  readonly means: string;
  /** In general. The message has the statement or edit for the case. */
  readonly fix: string;
}

const restart = "run the same command again";
const keep = "keep it with `reclaimPolicy: retain`";
const guests = "or list the role in `database.guests`";

/** Every rule about a server and the apps on it. */
export const problemTexts = {
  "server-not-pinned": {
    seen: ["the stack does not say which server it is for"],
    means:
      "`provisioner: postgresql` needs `berth:postgres.systemIdentifier`, so that no run writes to a wrong server",
    fix: "add the key that the message prints, if that is the right server",
  },
  "server-other": {
    seen: ["this is another server than the stack is for"],
    means: "wrong context, namespace or Service, or the server was made anew; nothing was written",
    fix: "correct `berth:postgres.endpoint`; for a new server, correct `systemIdentifier`",
  },
  "server-too-old": {
    seen: ["its version is"],
    means: "the server is older than Postgres 14",
    fix: "update the server",
  },
  "server-is-standby": {
    seen: ["it is a standby"],
    means: "the endpoint leads to a replica, which is read-only",
    fix: "name the Service of the primary, or its Pod by a selector ([The primary](delivery/primary.md))",
  },
  "admin-lacks-createrole": {
    seen: ["may not create roles"],
    means: "the admin role lacks CREATEROLE",
    fix: "run the printed statement as a superuser ([The admin role](admin-role.md))",
  },
  "admin-lacks-createdb": {
    seen: ["may not create databases"],
    means: "the admin role lacks CREATEDB",
    fix: "run the printed statement as a superuser ([The admin role](admin-role.md))",
  },
  "admin-is-reserved": {
    seen: ["is reserved and cannot be the admin"],
    means: "`berth:postgres.reserved` lists the admin role",
    fix: "name another item in `adminItem`, or take the role out of `reserved`",
  },
  "admin-lacks-self-grant": {
    seen: ["does not become a member of the roles it makes"],
    means: "from Postgres 16 on, `provisioner: postgresql` needs `createrole_self_grant`",
    fix: "run the printed statement as a superuser",
  },
  "ownership-role-has-rights": {
    seen: ["so it is not the ownership role that Berth makes"],
    means: "a role with the name of the stack's ownership role can log in or has rights",
    fix: "set `berth:postgres.ownershipRole` to a free name",
  },
  "ownership-role-of-other-stack": {
    seen: ["and this is stack"],
    means: "another stack made what this one would change; nothing was changed",
    fix: "see [Which stack an object belongs to](security.md#which-stack-an-object-belongs-to)",
  },
  "ownership-role-unmarked": {
    seen: ["has members and does not say of which stack"],
    means: "an earlier version of Berth made the ownership role; nothing was changed",
    fix: "see [Which stack an object belongs to](security.md#which-stack-an-object-belongs-to)",
  },
  "stack-unknown": {
    seen: ["this run does not know which stack it is for"],
    means: "the verb found no identity of the stack; nothing was changed",
    fix: "run `pulumi up`, then the verb again",
  },
  "maintain-unsupported": {
    seen: ["MAINTAIN needs Postgres 17"],
    means: "an entry grants a privilege that this server does not know",
    fix: "take MAINTAIN out of the role's `privileges.tables`",
  },
  "set-role-broken": {
    seen: ["which has no effect on Postgres"],
    means: "this release of Postgres forgets `ALTER ROLE … SET role`, which two logins need",
    fix: "update the server to the next release",
  },
  "login-is-group": {
    seen: ["is made without login, but the item's username is"],
    means: "with two logins the owner itself cannot log in",
    fix: "set the item's username to one of the logins",
  },
  "role-not-ours": {
    seen: ["exists and was not made by this stack"],
    means: "somebody made a role of this name by hand",
    fix: "see [Adopt what exists](adopt.md), or give the app another name",
  },
  "role-has-rights": {
    seen: ["Berth does not manage such a role"],
    means: "a superuser, or a role with BYPASSRLS or REPLICATION, would become an app's",
    fix: "name another role in the entry",
  },
  "role-would-lose": {
    seen: ["it is a member of", "it has search_path"],
    means: "the role has something that the entry does not state, and would lose it",
    fix: "state it in the entry, or revoke it, as the message says",
  },
  "role-out-of-reach": {
    seen: ["cannot be adopted: role"],
    means: "from Postgres 16 on the admin needs the ADMIN option on a role that it did not make",
    fix: "run the printed statement as a superuser",
  },
  "role-of-other-stack": {
    seen: ["it is a member of that stack's ownership role"],
    means: "another stack made the role, or this one under a former name",
    fix: "see [Which stack an object belongs to](security.md#which-stack-an-object-belongs-to)",
  },
  "role-above-admin": {
    seen: ["role … has …, which role … may not revoke"],
    means: "a role of the app has an attribute that the admin lacks",
    fix: "run the printed statement as a superuser",
  },
  "group-missing": {
    seen: ["cannot become a member of …: there is no such role"],
    means: "`memberOf` names a role that is not on the server",
    fix: "make it, or take it out of `memberOf`",
  },
  "group-is-superuser": {
    seen: ["cannot become a member of …: that is a superuser"],
    means: "`memberOf` names a superuser",
    fix: "take it out of `memberOf`",
  },
  "group-out-of-reach": {
    seen: ["cannot become a member of …: role … has no ADMIN option on it"],
    means: "the admin may not make others a member of that role",
    fix: "run the printed statement as a superuser, or take the role out of `memberOf`",
  },
  "role-is-connected": {
    seen: ["role … is connected to database"],
    means: "a role that is to be dropped is still in use",
    fix: `stop what uses it, then ${restart}`,
  },
  "role-has-dependents": {
    seen: [
      "which is not this app's",
      "which the admin may not revoke",
      "which only a superuser may own",
    ],
    means: "a role that is to be dropped owns something, or has a privilege, that is not the app's",
    fix: `run the printed statement as a superuser, then ${restart}`,
  },
  "role-gave-to-others": {
    seen: ["would lose … on …, which role … gave", "and would go with it"],
    means: "with the role goes what it gave to others, or a policy that names it",
    fix: "give it anew by the printed statement, or drop it",
  },
  "database-other-owner": {
    seen: ["database … belongs to role"],
    means: "the database has another owner than the entry says; Berth never changes an owner",
    fix: "name that owner in the entry, or run the printed statements",
  },
  "database-not-ours": {
    seen: ["database … exists and was not made by this stack", "so this stack did not make it"],
    means: "somebody made a database of this name by hand; Berth neither changes nor drops it",
    fix: "see [Adopt what exists](adopt.md), or give the app another name",
  },
  "database-closed": {
    seen: ["allows no connections"],
    means: "the database has ALLOW_CONNECTIONS false",
    fix: "run the printed statement as its owner",
  },
  "database-half-dropped": {
    seen: ["an interrupted DROP DATABASE left database"],
    means: "what the database held is lost",
    fix: "drop it, then restore it, or set `database.recreate: true` for an empty one",
  },
  "database-lost": {
    seen: ["was there and is gone"],
    means: "somebody dropped the database",
    fix: "restore it, or set `database.recreate: true` for an empty one",
  },
  "database-missing": {
    seen: ["database … is not there"],
    means: "`rotate` needs the app's database",
    fix: "run `pulumi up` first",
  },
  "database-in-use": {
    seen: [
      "database … is a template",
      "database … has subscription",
      "database … has replication slot",
      "database … has prepared transaction",
    ],
    means:
      "a subscription, a replication slot, a prepared transaction or the mark of a template keeps the database from being dropped",
    fix: "run the printed statement as a superuser",
  },
  "database-reserved": {
    seen: ["database … is reserved"],
    means: "a database that is to be dropped is in `berth:postgres.reserved`",
    fix: keep,
  },
  "encoding-differs": {
    seen: ["which cannot change"],
    means: "the database has another encoding than the entry says",
    fix: "write the encoding that the message names",
  },
  "schema-other-owner": {
    seen: ["schema … belongs to role …; Berth never changes an owner"],
    means: "a schema of the entry belongs to another role",
    fix: "take it out of `database.schemas`, or give it another name",
  },
  "schema-closed": {
    seen: ["so the app's roles cannot be let into it"],
    means: "schema `public` belongs to somebody else",
    fix: "run the printed statements as a superuser",
  },
  "extension-elsewhere": {
    seen: ["extension … is in schema …, not in", "extension … can only be in schema"],
    means: "an extension is in another schema than the entry says, or can only be in one",
    fix: "write that schema in the entry",
  },
  "extension-unavailable": {
    seen: ["extension … is not on the server", "extension … is not there in version"],
    means: "the server does not offer the extension, or not in that version",
    fix: "install its package where Postgres runs, or write another version",
  },
  "extension-needs-other": {
    seen: ["extension … needs"],
    means: "an extension needs one that the entry does not list before it",
    fix: "list that before it",
  },
  "setting-refused": {
    seen: ["the server refuses"],
    means: "Postgres does not take a value of `settings`, or the admin may not set it",
    fix: "correct the value, or run the printed statement as a superuser",
  },
  "extension-needs-superuser": {
    seen: ["extension … and role … is none"],
    means: "only a superuser can make the extension, or only its owner can change it",
    fix: "run the printed statement as a superuser",
  },
  "grant-of-other": {
    seen: ["granted privileges that the entry does not list"],
    means: "somebody else granted something, and Berth acts in nobody else's name",
    fix: "run the printed statements as a superuser, or list the privileges in the entry",
  },
  "registry-would-lose": {
    seen: ["provisioner postgresql"],
    means: "`@pulumi/postgresql` cannot keep what the app has",
    fix: "set `provisioner: berth`; see [Adopt what exists](adopt.md)",
  },
  "membership-option": {
    seen: ["has the ADMIN option on role", "is a member of role … without"],
    means: "a membership has an option that the entry does not state, or lacks one",
    fix: "run the printed statement as a superuser",
  },
  "member-unlisted": {
    seen: ["so it may do what that may"],
    means: "somebody made another role a member of the app's role",
    fix: `run the printed statement as a superuser, ${guests}`,
  },
  "grant-option": {
    seen: ["role … has … WITH GRANT OPTION"],
    means: "a role can give its privileges to others",
    fix: "run the printed statement as a superuser",
  },
  "object-of-other": {
    seen: ["so Berth gives the app's roles nothing on that"],
    means: "another role owns objects in the app's database",
    fix: `run the printed statements as a superuser, ${guests}`,
  },
  "schema-unlisted": {
    seen: ["cannot use it"],
    means: "the app made a schema that further roles cannot enter",
    fix: "list it in `database.schemas`, or run the printed statement as the owner",
  },
  "setting-unstated": {
    seen: ["has the setting"],
    means: "somebody set something for a role or database that the entry does not state",
    fix: "run the printed statement as a superuser, or state it in `settings`",
  },
} as const satisfies Readonly<Record<string, ProblemText>>;
