import type { ProblemText } from "./problem-text.ts";

/** Rules about the server, the stack, and roles that are made or adopted. */
export const serverAndRoleTexts = {
  "server-not-pinned": {
    seen: ["the stack does not say which server it is for"],
    means:
      "`provisioner: postgresql` needs `berth:postgres.systemIdentifier`, so that no run writes to a wrong server",
    fix: "add the key that the message prints, if that is the right server",
  },
  "server-other": {
    seen: ["this is another server than the stack is for"],
    means:
      "wrong context, namespace or Service, or somebody set up a new server; nothing was written",
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
    means: "this ownership role belongs to another stack; nothing was changed",
    fix: "see [Which stack an object belongs to](security.md#which-stack-an-object-belongs-to)",
  },
  "ownership-role-without-stack": {
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
    seen: [
      "role … has …, which role … may not revoke",
      "has REPLICATION, and before Postgres 16 role … may not change such a role",
    ],
    means: "a role of the app has an attribute that the admin lacks",
    fix: "run the printed statement as a superuser",
  },
  "replication-needs-superuser": {
    seen: ["does not have REPLICATION yet, which role … may not give"],
    means:
      "`replication: true` needs a superuser or, from Postgres 16 on, an admin with REPLICATION; the rest is done",
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
} as const satisfies Readonly<Record<string, ProblemText>>;
