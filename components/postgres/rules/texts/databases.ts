import type { ProblemText } from "./problem-text.ts";

const restart = "run the same command again";
const keep = "keep it with `reclaimPolicy: retain`";
const guests = "or list the role in `database.guests`";

/** Rules about what is dropped, databases and what is in them, and what others made. */
export const databaseTexts = {
  "role-is-connected": {
    seen: ["role … is connected to database"],
    means: "a role that Berth would drop is still in use",
    fix: `stop what uses it, then ${restart}`,
  },
  "role-has-dependents": {
    seen: [
      "which is not this app's",
      "which the admin may not revoke",
      "which only a superuser may own",
    ],
    means: "a role that Berth would drop owns something, or has a privilege, that is not the app's",
    fix: `run the printed statement as a superuser, then ${restart}`,
  },
  "role-gave-to-others": {
    seen: [
      "would lose … on …, which role … gave",
      "and would go with it",
      "and would lose what it may do as one",
    ],
    means:
      "dropping the role would remove what it granted to others, a policy that names it, or what its members may do",
    fix: "run the printed statement, which grants it again, or drop the policy or membership",
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
    means: "what was in the database is lost",
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
      "database … has objects of role",
    ],
    means:
      "a subscription, a replication slot, a prepared transaction, the mark of a template or what somebody else owns in it keeps the database from being dropped",
    fix: "run the printed statement as a superuser",
  },
  "database-reserved": {
    seen: ["database … is reserved"],
    means: "a database that Berth would drop is in `berth:postgres.reserved`",
    fix: keep,
  },
  "encoding-differs": {
    seen: ["which cannot change"],
    means: "the database has another encoding than the entry says",
    fix: "write the encoding that the message names",
  },
  "name-unreadable": {
    seen: ["has another name in a session in database"],
    means:
      "the database has another encoding than the maintenance database, and a role or the database itself a name with letters beyond ASCII: to a session there that is another role, or none",
    fix: "use names of ASCII letters, or one encoding",
  },
  "locale-differs": {
    seen: ["database … has …, which cannot change"],
    means: "the database has another locale than the entry says",
    fix: "write the locale that the message names; another one needs a new database, with a dump restored into it",
  },
  "locale-refused": {
    seen: [
      "the server does not have the locale",
      "does not fit the encoding",
      "icuLocale needs Postgres 15",
      "ICU does not know the encoding",
    ],
    means: "the server cannot make a database with this locale",
    fix: "write a locale that the server has, or install it there",
  },
  "template-refused": {
    seen: [
      "there is no database … to copy",
      "so Berth copies nothing from it",
      "and a copy cannot have",
    ],
    means:
      "`database.template` is not there, is not marked as a template, or has another encoding or locale",
    fix: "do what the message says",
  },
  "publication-differs": {
    seen: ["publication … in database … is for"],
    means: "a publication is for all tables and the entry lists some, or the reverse",
    fix: "write in the entry what it is, or drop it",
  },
  "publication-needs-superuser": {
    seen: ["publication … needs a superuser", "publication … belongs to another role"],
    means: "only a superuser can make a publication of all tables, or change one of another role",
    fix: "run the printed statement as a superuser",
  },
  "publication-unlisted": {
    seen: ["publication … in database … has …, which the entry does not list"],
    means: "somebody added tables to a publication of the entry, or a table left the entry",
    fix: "run the printed statement as a superuser, or list the tables",
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
    means:
      "with provisioner postgresql: an extension needs one that the entry does not list before it",
    fix: "list that before it",
  },
  "setting-refused": {
    seen: ["the server refuses"],
    means: "Postgres does not take a value of `settings`, or the admin may not set it",
    fix: "correct the value, or run the printed statement as a superuser",
  },
  "extension-needs-superuser": {
    seen: ["extension … and role … is not a superuser"],
    means: "only a superuser can make the extension, or only its owner can change it",
    fix: "run the printed statement as a superuser",
  },
  "grant-of-other": {
    seen: ["granted privileges that the entry does not list"],
    means: "somebody else granted something, and Berth does not act for other roles",
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
  "object-missing": {
    seen: ["names …, which database … does not have"],
    means: "an entry gives access to a schema, table or other object that is not there",
    fix: "correct the name, or run `pulumi up` once more after the app has made it",
  },
} as const satisfies Readonly<Record<string, ProblemText>>;
