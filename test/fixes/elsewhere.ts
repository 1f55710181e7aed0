/**
 * Fixes that a test of their own room tries: how the fix begins, the test's file below `test/`, and a part of its title.
 * `fixes.test.ts` says which are missing.
 */

type Tried = readonly [fix: string, file: string, title: string];

const again = "run the same command again";
const addVerb = "cli/add/verb.test.ts";
const doctor = "engine/doctor.test.ts";
const doctorWay = "engine/doctor-way.full.test.ts";
const doctorInputs = "engine/doctor-inputs.full.test.ts";
const clusterDoctor = "cluster/doctor.full.test.ts";
const adopt = "engine/adopt.rows.test.ts";
const comment = "cli/preview/comment.test.ts";
const commit = "delivery/git/commit.test.ts";
const faults = "provider/faults.postgres.test.ts";
const imports = "engine/import.full.test.ts";
const restart = "cli/rotate/restart.test.ts";
const rotate = "engine/rotate.test.ts";
const login = "fixes/login.postgres.test.ts";
const rights = "provider/app-database/missing-rights.postgres.test.ts";
const twoLogins = "cli/rotate/two-logins.postgres.test.ts";
const writeKeys = "cli/rotate/write-keys.test.ts";

/** All fixes of these folders: a table with a row for each code or check. */
export const ofTables: readonly (readonly [folder: string, file: string, title: string])[] = [
  [
    "components/postgres/rules/",
    "provider/app-database/fixes.postgres.rows.test.ts",
    "has a row for each problem",
  ],
  [
    "components/postgres/diff/",
    "provider/app-database/fixes.postgres.rows.test.ts",
    "has a row for each problem",
  ],
  ["cli/verify/", "cli/verify/verb.postgres.test.ts", "says what fixes it"],
  ["components/config/parse.ts", "config/fixes.test.ts", "the table has each fix"],
  ["components/config/plain-words.ts", "config/fixes.test.ts", "the table has each fix"],
  ["components/config/secret-values.ts", "config/fixes.test.ts", "the table has each fix"],
  ["components/config/rules/", "config/fixes.test.ts", "the table has each fix"],
];

export const elsewhere: Readonly<Record<string, readonly Tried[]>> = {
  "cli/add/items.ts": [
    ["…, then run the same command again: it goes on", addVerb, "with a token that may only read"],
  ],
  "cli/adopt/trial.ts": [
    ["if it may not, as a superuser: GRANT … TO …", login, "lets adopt look into"],
  ],
  "cli/adopt/verb.ts": [
    [
      "name one of …, by its name or by its key",
      adopt,
      "refuses what is asked for and cannot be had",
    ],
    ["name another database with --app", adopt, "refuses what is asked for and cannot be had"],
    [
      "if it is an app's, take it out of berth:postgres.reserved",
      adopt,
      "refuses what is asked for and cannot be had",
    ],
  ],
  "cli/doctor/backend.ts": [
    ["pulumi login", doctor, "names a backend that nobody is logged in to"],
    ["pulumi stack init …", doctor, "names a backend without the stack"],
  ],
  "cli/doctor/cluster/access.ts": [
    ["kubectl config view", doctorWay, "names a context that is not there"],
    ["kubectl cluster-info", doctorWay, "names an API server that is not there"],
    ["correct berth:postgres.endpoint.kubernetes", doctorWay, "names a namespace and a Service"],
    ["… get namespaces; then ….namespace", doctorWay, "names a namespace and a Service"],
    [
      'have a … with verb "…" on … bound to this user',
      clusterDoctor,
      "names each right that is missing",
    ],
  ],
  "cli/doctor/cluster/delivery.ts": [
    ["correct berth:cluster", clusterDoctor, "names another cluster than the one that is pinned"],
    ["kubectl cluster-info", clusterDoctor, "names a context that is not there"],
  ],
  "cli/doctor/cluster/operators.ts": [
    ["install …", doctorWay, "warns of kinds and an operator"],
    ["correct the stack file", doctorWay, "warns of kinds and an operator"],
  ],
  "cli/doctor/cluster/readiness.ts": [
    [
      "kubectl get … -A",
      "cli/doctor/readiness.test.ts",
      "what is ready, and what is not there yet",
    ],
    ["…… describe … …", "cli/doctor/readiness.test.ts", "a store that reaches nothing"],
  ],
  "cli/doctor/machine.ts": [["…", doctor, "names a plugin that is not there"]],
  "cli/doctor/onepassword.ts": [
    ["correct OP_CONNECT_HOST", doctorInputs, "names a Connect that is not there"],
    [
      "export OP_CONNECT_HOST and OP_CONNECT_TOKEN",
      doctorInputs,
      "names what the environment lacks",
    ],
    [
      "op item edit, or correct the item's name",
      doctorInputs,
      "names all missing items and fields",
    ],
    ["op vault list, with the same variables", doctorInputs, "names a vault that is not there"],
  ],
  "cli/doctor/pending.ts": [
    [
      "pulumi up --stack …, then pulumi refresh --clear-pending-creates",
      "engine/killed.test.ts",
      "what README says clears it",
    ],
    ["pulumi cancel --stack …", "cli/doctor/pending.test.ts", "a run that was killed is named"],
    [
      "pulumi stack export --stack …",
      "cli/doctor/pending.test.ts",
      "a run that was killed is named",
    ],
  ],
  "cli/doctor/postgres.ts": [
    ["correct berth:postgres.tls", doctorWay, "names TLS that the server does not speak"],
    ["correct berth:postgres.endpoint", doctorWay, "names a server that is dead"],
    ["compare berth:postgres and the admin's item", doctorWay, "names the admin's wrong password"],
  ],
  "cli/doctor/server-state.ts": [
    [
      'as a superuser run: ALTER ROLE "…" SET createrole_self_grant',
      doctorWay,
      "names createrole_self_grant",
    ],
    ["name what is others' in berth:postgres.reserved", doctorWay, "hints at roles and databases"],
    [
      "if they are others', set berth:postgres.reserved to […]",
      doctorWay,
      "hints at roles and databases",
    ],
    [
      "run pulumi up, which writes on it",
      doctorWay,
      "names an ownership role that is more than a name",
    ],
  ],
  "cli/doctor/stack.ts": [
    ["git clone … …, or correct", doctorInputs, "names a gitops directory that is not there"],
    ["edit …; … is a complete example", doctorInputs, "names every mistake of the stack file"],
    ["correct berth:gitops.directory", doctorInputs, "names a gitops directory that is not there"],
  ],
  "cli/init/verb.ts": [
    [
      "edit that file; an app is an entry under berth:apps",
      "cli/init/verb.test.ts",
      "turns what pulumi new asked",
    ],
  ],
  "cli/preview/comment.ts": [
    ["give the token the right to write comments", comment, "says which right is missing"],
    ["run the job again", comment, "says which right is missing"],
  ],
  "cli/preview/verb.ts": [
    ["fix what pulumi says above", "engine/preview.full.test.ts", "names all that is refused"],
  ],
  "cli/report/page/model.ts": [
    [
      "pulumi up --stack …",
      "cli/report/page/live.postgres.test.ts",
      "says what differs from the stack file",
    ],
    ["…;", "cli/report/page/live.postgres.test.ts", "says what differs from the stack file"],
  ],
  "cli/rotate/context.ts": [
    [
      "run the same command again: it goes on with what the item holds",
      rotate,
      "goes on with a password that was written",
    ],
    ["the token needs write access to the vault", writeKeys, "a token that may only read"],
    ["look at the item in 1Password", writeKeys, "an edit whose answer was lost"],
    ["correct what it says above", writeKeys, "what a preview refuses for its keys"],
  ],
  "cli/rotate/restart.ts": [
    ["add berth:cluster with its context", restart, "without a cluster it fails"],
    ["give the right, then ask: …", restart, "a missing right and a missing object"],
    ["correct the name; see … -n … get …", restart, "a missing right and a missing object"],
  ],
  "cli/rotate/retire.ts": [
    ["leave out --retire; or set", rotate, "changes nothing when it is given"],
    ["run the same command without --retire first", twoLogins, "does not begin before"],
    [
      "kubectl -n … describe … …",
      "cluster/chain.test.ts",
      "moves the Secret to the other of two logins",
    ],
  ],
  "cli/rotate/run-pulumi.ts": [
    ["fix what pulumi says above", rotate, "writes nothing where pulumi could not run"],
    [`${again}: it goes on from here`, rotate, "says what is true when pulumi fails"],
  ],
  "cli/rotate/two-logins-server.ts": [
    [
      "run pulumi up first",
      "provider/app-database/fixes.postgres.rows.test.ts",
      "has a row for each problem",
    ],
  ],
  "cli/rotate/two-logins.ts": [["… looks for what is wrong", twoLogins, "never reaches the item"]],
  "cli/rotate/verb.ts": [
    [
      "change the password in the item, wait for its Secret",
      "cluster/job.full.test.ts",
      "brings a new password to the server",
    ],
  ],
  "cli/rotate/write-keys.ts": [
    ["leave out --keys", writeKeys, "is refused where no key is a field"],
    ["look at the item in 1Password", writeKeys, "an edit whose answer was lost"],
  ],
  "components/berth-provider.ts": [
    ["see the error of each", "engine/refusals.full.test.ts", "adopts with `adopt`"],
  ],
  "components/delivery/git/checkout.ts": [
    ["let git read it", "delivery/git/checkout.test.ts", "is known"],
  ],
  "components/delivery/git/commit.ts": [
    ["git init …", commit, "outside of a checkout"],
    ["finish the …, or …", commit, "the fix makes it possible"],
    ["… switch <branch>", commit, "the fix makes it possible"],
    ["… config user.name <name>", commit, "the fix makes it possible"],
    ["wait for the other git process", commit, "fails where the lock stays"],
    ["do what git asks for", commit, "fails where a hook refuses it"],
  ],
  "components/delivery/git/kustomizations.ts": [
    ["add to … under resources", "delivery/git/kustomizations.test.ts", "nothing is said where"],
  ],
  "components/delivery/git/uncommitted.ts": [
    [
      "commit and push the checkout",
      "delivery/git/checkout.test.ts",
      "the changed files are named",
    ],
    ["push the branch", "delivery/git/checkout.test.ts", "commits that are not pushed"],
  ],
  "components/engine/program-end.ts": [
    [again, "engine/unfinished.full.test.ts", "leaves nothing to do for the next"],
  ],
  "components/engine/stack-identity.ts": [
    ["add to the stack file, and keep it", "stack-identity.test.ts", "goes on with that"],
  ],
  "components/engine/stack-locks.ts": [
    ["wait for that run to end; if it was killed: …", doctor, "names who holds the stack's lock"],
    ["…, unless another run is just starting", doctor, "names who holds the stack's lock"],
  ],
  "components/onepassword/stack-items.ts": [
    ["… writes them and leaves the password", writeKeys, "what a preview refuses for its keys"],
    [
      "where Berth may not write items, set berth:apps.….secretsThrough to external-secret",
      "onepassword/write/key-fields.test.ts",
      "only what the 1Password operator copies",
    ],
  ],
  "components/postgres/registry/adoption.ts": [
    [
      "set berth:apps.….provisioner to berth",
      "postgres/registry/adoption.postgres.test.ts",
      "each with its fix",
    ],
  ],
  "components/postgres/server/answer-limit.ts": [
    [
      again,
      "postgres/server/answer-limit.postgres.test.ts",
      "ends when a statement is not answered",
    ],
  ],
  "components/postgres/server/login-failure.ts": [
    ["compare … in 1Password with the server", login, "compare … in 1Password"],
    ["check pg_hba.conf", login, "check pg_hba.conf"],
    ["set berth:postgres.maintenanceDatabase", login, "set berth:postgres.maintenanceDatabase"],
    ["as a superuser: GRANT CONNECT ON DATABASE …", login, "as a superuser: GRANT CONNECT"],
    ["find out why somebody closed it", login, "find out why somebody closed it"],
    ["end one of them, or raise the limit", login, "end one of them, or raise"],
    ["see who holds them", login, "see who holds them"],
    [
      "test the way there with: …",
      "postgres/server/login-failure.test.ts",
      "because nothing listens",
    ],
    [
      "point berth:postgres.endpoint at Postgres itself",
      "postgres/server/pooler.postgres.test.ts",
      "without a pooler the same trap",
    ],
    [
      "from another database, as a superuser or the owner: …",
      "postgres/server/database-settings.postgres.test.ts",
      "that names a library",
    ],
    [
      "run the same command again in a minute",
      faults,
      "loses and doubles nothing where the server crashes",
    ],
    [
      "run the same command again once it is back",
      faults,
      "loses and doubles nothing where the server crashes",
    ],
    ["make room on the server", faults, "stops at a full disk"],
  ],
  "components/postgres/server/postgres-server.ts": [
    [
      "run pulumi up again: it goes on from here",
      "provider/app-database/run.postgres.test.ts",
      "ends at a statement boundary when cancelled",
    ],
    ["make room on the server", faults, "stops at a full disk"],
    [
      'role "…" may not decide about this object',
      rights,
      "counts a GRANT that ends with no more than a warning",
    ],
  ],
  "components/postgres/server/run-lock.ts": [
    [
      "wait for it to end, then run pulumi up again",
      "provider/app-database/run.postgres.test.ts",
      "waits for another run that writes",
    ],
    ["……", "provider/app-database/run.postgres.test.ts", "waits for another run that writes"],
  ],
  "components/postgres/statements/failure.ts": [
    [
      "run pulumi up again; it keeps what is done already",
      faults,
      "loses and doubles nothing where the server crashes",
    ],
    [
      "run the same command again once the server answers",
      faults,
      "loses and doubles nothing where the server crashes",
    ],
    [
      "the server stopped or restarts",
      faults,
      "loses and doubles nothing where the server crashes",
    ],
    [
      'give role "…" that right',
      "provider/app-database/fixes.postgres.rows.test.ts",
      "names %s in database %s",
    ],
    [
      "as a superuser, in database …: GRANT … pg_catalog.… TO …",
      "provider/app-database/fixes.postgres.rows.test.ts",
      "names %s in database %s",
    ],
    [
      "as a superuser, in that database: …; then run pulumi up again",
      "provider/app-database/extensions.postgres.test.ts",
      "superuser",
    ],
    ["as a superuser: …", rights, "on %s"],
    [
      "as a superuser, in that database: …",
      "provider/app-database/owner-change.postgres.test.ts",
      "superuser",
    ],
    [
      "as a superuser: ALTER ROLE … CREATE",
      "provider/app-database/run.postgres.test.ts",
      "says which right the admin lacks",
    ],
    [
      "… WITH ADMIN TRUE, INHERIT TRUE, SET TRUE",
      faults,
      "names the one GRANT that a superuser has to run",
    ],
    [
      "the objects that the server lists depend on the role",
      "provider/app-database/leaving.postgres.test.ts",
      "refuses to drop such a role",
    ],
    [
      "the database is in use or half dropped",
      "provider/app-database/retire.postgres.test.ts",
      "says what a half dropped database needs",
    ],
    ["…; ALTER ROLE … INHERIT", rights, "on %s"],
    ["another session has a lock on it", faults, "waits 5 s for a row"],
    ["the server's disk is full", faults, "stops at a full disk"],
    [
      "the server has no free connection",
      faults,
      "stops where the server gives it no more sessions",
    ],
    ["the server is a read-only standby", faults, "refuses a standby"],
  ],
  "provider/app-database/handler.ts": [
    [
      "or, to preview where Postgres cannot be reached",
      "engine/refusals.full.test.ts",
      "previews without it if asked",
    ],
  ],
  "provider/app-database/import.ts": [
    ['take out "provisioner: …"', imports, "refuses what is not the entry\'s"],
    ["import without --provider", imports, "a provider that knows no stack file"],
    ["add the app under berth:apps", imports, "refuses what is not the entry's"],
    ["…, or set berth:apps.….database.name to …", imports, "refuses what is not the entry's"],
  ],
  "provider/app-database/retire.ts": [
    [
      "then run pulumi up again",
      "provider/app-database/retire.postgres.test.ts",
      "lists who is connected",
    ],
    [
      "to drop it, set berth:postgres.confirmDelete",
      "provider/app-database/retire.postgres.test.ts",
      "drops database and roles when asked",
    ],
    ["to keep it, put the entry back", "engine/retire.full.test.ts", "an unconfirmed removal"],
    [
      "keep them away until it is gone",
      "provider/app-database/dump.postgres.test.ts",
      "drops nothing where somebody else came",
    ],
  ],
  "provider/app-database/dump.ts": [
    ["pg_dump has to be on the PATH", "provider/app-database/dump.postgres.test.ts", "dumps first"],
  ],
  "provider/app-database/retirement-check.ts": [
    [
      "to drop them, add the database",
      "provider/app-database/retirement-check.test.ts",
      "announces one that is confirmed",
    ],
    [
      "to keep them, put the entry back",
      "provider/app-database/retirement-check.test.ts",
      "is silent where the app stays",
    ],
  ],
  "provider/git-commit/handler.ts": [
    ["push the branch", "delivery/git/checkout.test.ts", "commits that are not pushed"],
  ],
  "provider/manifest-file/disk.ts": [
    ["free some space", "provider/manifest-file/change.test.ts", "where there is no room"],
  ],
  "provider/manifest-file/handler.ts": [
    ["…", "provider/manifest-file/check.test.ts", "names the fix"],
    [
      "declare the ManifestFile with adopt: true",
      "provider/manifest-file/check.test.ts",
      "names the fix",
    ],
  ],
};

/** What no test can do, or what a run cannot end with any more. */
export const beyond: readonly (readonly [file: string, fix: string, reason: string])[] = [
  ...[
    "install Node …",
    "install it from https://www.pulumi.com",
    "pulumi install gets them",
    "node toolchain/run.mjs toolchain/main.ts",
  ].map((fix) => ["cli/doctor/machine.ts", fix, "it installs a program"] as const),
  ["cli/doctor/onepassword.ts", "install it: https://", "it installs a program"],
  ["cli/preview/verb.ts", "install Pulumi", "it installs a program"],
  ["cli/rotate/run-pulumi.ts", "install Pulumi", "it installs a program"],
  ["cli/rotate/verb.ts", "to end those that there are: vault lease revoke", "no Vault is here"],
  ["cli/report/page/model.ts", "run the app's Job", "it is what job.full.test.ts is about"],
  [
    "cli/doctor/server-state.ts",
    "look for a newer Berth",
    "no server is newer than those that Berth knows",
  ],
  [
    "cli/doctor/stack.ts",
    "give yourself the right to write to it",
    "the tests may write everywhere",
  ],
  [
    "components/tunnel/local-port.ts",
    "set … to a free port from 1024 on",
    "the tests may open every port",
  ],
  [
    "components/postgres/statements/failure.ts",
    "a superuser sees where … is set",
    "Berth's sessions set both timeouts, so no run ends with it",
  ],
  [
    "provider/app-database/up.ts",
    "see who: SELECT pid",
    "nothing here takes back what a run grants as fast as it grants",
  ],
  [
    "provider/app-database/handler.ts",
    "make it with new BerthProvider",
    "it is for who writes a program of their own",
  ],
  [
    "provider/app-database/provider-config.ts",
    "make the provider with",
    "it is for who writes a program of their own",
  ],
  ["cli/doctor/cluster/access.ts", "… get --raw …", "it only shows what the API server answers"],
  [
    "components/postgres/statements/failure.ts",
    "the server refuses the value",
    "a rule finds such a value before, and has a row",
  ],
  ["components/errors.ts", "…", "it puts together what others give it"],
  ...[
    "another session created it at the same moment",
    "another session changed the same thing at the same moment",
    "the server has no memory or no lock left",
    "the statement ran into its time limit",
  ].map(
    (fix) =>
      [
        "components/postgres/statements/failure.ts",
        fix,
        "it says to run again once others are done",
      ] as const,
  ),
];
