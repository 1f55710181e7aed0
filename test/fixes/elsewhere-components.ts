import type { Tried } from "./trial.ts";

/** Fixes of components and the provider that a test of their own room tries. */

const again = "run the same command again";
const doctor = "engine/doctor.test.ts";
const ofCodes = "provider/app-database/fixes.postgres.rows.test.ts";
const retire = "provider/app-database/retire.postgres.rows.test.ts";
const run = "provider/app-database/run.postgres.test.ts";
const commit = "delivery/git/commit.test.ts";
const faults = "provider/faults.postgres.test.ts";
const imports = "engine/import.full.test.ts";
const login = "fixes/login.postgres.test.ts";
const rights = "provider/app-database/missing-rights.postgres.test.ts";
const writeKeys = "cli/rotate/write-keys.test.ts";

export const ofRooms: Readonly<Record<string, readonly Tried[]>> = {
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
  "components/postgres/registry/decide.ts": [
    [
      "set berth:apps.….provisioner to berth",
      "postgres/registry/decide.test.ts",
      "whose locale would come from another provider than libc",
    ],
    ["list that before it", "postgres/registry/decide.test.ts", "until that is listed before it"],
  ],
  "components/postgres/server/login-failure.ts": [
    ["compare … in 1Password with the server", login, "compare … in 1Password"],
    [
      "in pg_hba.conf, before the line that matches now",
      "postgres/server/client-certificate.postgres.test.ts",
      "until pg_hba.conf says cert",
    ],
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
      run,
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
    ["wait for it to end, then run pulumi up again", run, "waits for another run that writes"],
    ["……", run, "waits for another run that writes"],
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
    ['give role "…" that right', ofCodes, "names %s in database %s"],
    [
      "as a superuser, in database …: GRANT … pg_catalog.… TO …",
      ofCodes,
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
    ["as a superuser: ALTER ROLE … CREATE", rights, "names $right with the statement"],
    [
      "… WITH ADMIN TRUE, INHERIT TRUE, SET TRUE",
      faults,
      "names the one GRANT that a superuser has to run",
    ],
    [
      "the objects that the server lists depend on the role",
      "provider/app-database/leaving.postgres.rows.test.ts",
      "refuses to drop such a role",
    ],
    ["the database is in use or half dropped", retire, "says what a half dropped database needs"],
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
  "provider/app-database/import.ts": [
    ['take out "provisioner: …"', imports, "refuses what is not the entry\'s"],
    ["import without --provider", imports, "a provider that knows no stack file"],
    ["add the app under berth:apps", imports, "refuses what is not the entry's"],
    ["…, or set berth:apps.….database.name to …", imports, "refuses what is not the entry's"],
  ],
  "provider/app-database/inspect.ts": [
    [
      "or, to preview where Postgres cannot be reached",
      "engine/refusals.full.test.ts",
      "previews without it if asked",
    ],
  ],
  "provider/app-database/retire.ts": [
    ["then run pulumi up again", retire, "lists who is connected"],
    ["to drop it, set berth:postgres.confirmDelete", retire, "drops database and roles when asked"],
    ["to keep it, put the entry back", "engine/retire.full.test.ts", "an unconfirmed removal"],
    [
      "keep them away until the database is dropped",
      "provider/app-database/dump.postgres.rows.test.ts",
      "drops nothing where somebody else came",
    ],
  ],
  "provider/app-database/dump.ts": [
    [
      "pg_dump has to be on the PATH",
      "provider/app-database/dump.postgres.rows.test.ts",
      "dumps first",
    ],
  ],
  "provider/app-database/retirement-check.ts": [
    [
      "to drop them, add the",
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
    ["move the file away", "provider/manifest-file/check.test.ts", "names the fix"],
    [
      "declare the ManifestFile with adopt: true",
      "provider/manifest-file/check.test.ts",
      "names the fix",
    ],
  ],
};
