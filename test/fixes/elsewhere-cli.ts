import type { Tried } from "./trial.ts";

/** Fixes of the verbs that a test of their own room tries. */

const again = "run the same command again";
const initVerb = "cli/init/verb.test.ts";
const initFiles = "cli/init/project-files.test.ts";
const stackFile = "cli/stack-file.test.ts";
const addVerb = "cli/add/verb.test.ts";
const doctor = "engine/doctor.test.ts";
const doctorWay = "engine/doctor-way.full.test.ts";
const doctorInputs = "engine/doctor-inputs.full.test.ts";
const clusterDoctor = "cluster/doctor.full.test.ts";
const adopt = "engine/adopt.rows.test.ts";
const comment = "cli/preview/comment.test.ts";
const restart = "cli/rotate/restart.test.ts";
const rotate = "engine/rotate.test.ts";
const login = "fixes/login.postgres.test.ts";
const twoLogins = "cli/rotate/two-logins.postgres.test.ts";
const writeKeys = "cli/rotate/write-keys.test.ts";
const admin = "cli/rotate/admin/change.postgres.test.ts";
const addValues = "cli/add/values.test.ts";

export const ofVerbs: Readonly<Record<string, readonly Tried[]>> = {
  "cli/add/items.ts": [
    ["…, then run the same command again: it goes on", addVerb, "with a token that may only read"],
  ],
  "cli/add/values.ts": [
    [
      "vault kv enable-versioning …, if it is",
      "vault/add.postgres.full.test.ts",
      "writes nothing into an engine of version 1",
    ],
    ["run the same command again", addValues, "that somebody changed at the same moment"],
    ["…, then run the same command again: it goes on", addValues, "and the next run goes on"],
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
    ["name another database", adopt, "refuses what is asked for and cannot be had"],
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
  "cli/doctor/machine.ts": [
    ["…", doctor, "names a plugin that is not there"],
    ["pulumi plugin install resource", doctor, "names a plugin that is not there"],
  ],
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
      "…, then …; with export PULUMI_SKIP_CHECKPOINTS=true",
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
    [
      "list the roles and databases of others in berth:postgres.reserved",
      doctorWay,
      "hints at roles and databases",
    ],
    [
      "if they are others', set berth:postgres.reserved to […]",
      doctorWay,
      "hints at roles and databases",
    ],
    [
      "run pulumi up: it marks the role as this stack's",
      doctorWay,
      "names an ownership role that is more than a name",
    ],
  ],
  "cli/doctor/stack.ts": [
    ["git clone … …, or …", doctorInputs, "names a gitops directory that is not there"],
    ["git -C … init, or …", doctorInputs, "names a gitops directory that is not there"],
    ["edit …; … is a complete example", doctorInputs, "names every mistake of the stack file"],
    ["correct berth:gitops.directory", doctorInputs, "names a gitops directory that is not there"],
  ],
  "cli/stack-file.ts": [
    ["correct that, then run the same command again", stackFile, "with a fix where that is not"],
  ],
  "cli/init/project-files.ts": [
    ["correct that, then run the same command again", initFiles, "is no JSON object"],
  ],
  "cli/init/stack-file.ts": [
    ["correct that, then run the same command again", initVerb, "refuses a stack file that"],
  ],
  "cli/init/verb.ts": [
    [
      "edit that file; an app is an entry under berth:apps",
      initVerb,
      "turns what pulumi new asked",
    ],
  ],
  "cli/npm-options.ts": [
    ["write the options after --", "cli/app-argument.test.ts", "npm takes the options of"],
  ],
  "cli/preview/comment.ts": [
    ["give the token the right to write comments", comment, "says which right is missing"],
    ["run the job again", comment, "says why a forge cannot be reached"],
    ["set the token again, as one line", comment, "shows nothing of a token that no header"],
  ],
  "cli/preview/verb.ts": [
    ["fix what pulumi says above", "engine/preview.full.test.ts", "names all that is refused"],
  ],
  "cli/report/page/model.ts": [
    ["…;", "cli/report/page/live.postgres.test.ts", "says what differs from the stack file"],
  ],
  "cli/rotate/admin/change.ts": [
    [`${again}: it finds by logins how far this is`, admin, "gives the server the former password"],
    ["look at the item in 1Password", admin, "does not keep the new field"],
    ["… looks for what is wrong", admin, "no login with the new one can be tried"],
    ["give the token write access to the vault", admin, "until the token may write"],
  ],
  "cli/rotate/admin/inspect.ts": [
    ["give that field another name", admin, "a field of that name that it did not make"],
    ["have pg_hba.conf ask for scram-sha-256", admin, "until pg_hba.conf asks for one"],
    ["put the right one into the item", admin, "the server accepts nothing that the item holds"],
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
    ["run the same command without --retire first", twoLogins, "does not begin before"],
    [
      "kubectl -n … describe … …",
      "cluster/chain.test.ts",
      "moves the Secret to the other of two logins",
    ],
  ],
  "cli/rotate/run-pulumi.ts": [
    ["fix what pulumi says above", rotate, "writes nothing where pulumi could not run"],
    [
      "name a stack that pulumi stack ls lists",
      rotate,
      "writes nothing where pulumi could not run",
    ],
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
};
