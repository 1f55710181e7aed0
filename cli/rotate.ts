import { styleText } from "node:util";
import { execa } from "execa";
import { readOnePasswordAccess } from "../components/config/environment.ts";
import { loadStackFromFile } from "../components/config/load.ts";
import type { AppSpec, RoleSpec, StackSpec } from "../components/config/spec.ts";
import { BerthError } from "../components/errors.ts";
import type { Credential } from "../components/onepassword/credential.ts";
import { readStackItems, type StackItems } from "../components/onepassword/stack-items.ts";
import { readThroughClient } from "../components/onepassword/through-client.ts";
import { writeThroughClient } from "../components/onepassword/write-login.ts";
import { withSession } from "../components/postgres/session.ts";
import { explainConnectFailure } from "../components/tunnel/connect-failure.ts";
import { type Endpoint, openEndpoint } from "../components/tunnel/endpoint.ts";
import { createKubeAccess } from "../components/tunnel/kube-access.ts";
import { loadKubeContext } from "../components/tunnel/kubeconfig.ts";
import { pgTlsOptions } from "../components/tunnel/tls.ts";
import { type SecretOutcome, waitForSecret } from "./rotate/wait-for-secret.ts";
import { selectApps } from "./select-apps.ts";
import { proveStack } from "./verify.ts";

/** What was rotated and how far it has come; the form of the `--json` output. */
export interface Rotation {
  readonly app: string;
  readonly role: string;
  /** Whether this run wrote the password, or went on with one that the server did not have yet. */
  readonly resumed: boolean;
  readonly secret: { readonly name: string; readonly outcome: SecretOutcome["kind"] };
  readonly verified: boolean;
  /** What is left to do by hand. */
  readonly next: string;
}

/** What the verb was given. */
export interface RotateArgs {
  readonly stack: string;
  readonly file: string | undefined;
  readonly app: string | undefined;
  /** Key of the role in the entry. */
  readonly role: string | undefined;
  /** Minutes to wait for the Secret. */
  readonly wait: number;
  readonly json: boolean;
}

const project = new URL("..", import.meta.url).pathname;

/**
 * The verb: a new password in the item, the server's verifier, the Secret, and a login that proves it.
 * Nothing is noted on the way: a password that the server refuses is one that an interrupted run wrote,
 * and is brought to the server instead of being replaced by yet another.
 */
export async function rotate(args: RotateArgs): Promise<number> {
  const stack = loadStackFromFile(args.stack, project, args.file);
  const { app, role } = selectRole(stack, args);
  const spec = { ...stack, apps: [app] };
  const say = (step: string, text: string): void => {
    process.stderr.write(
      `${styleText("green", step.padEnd(8), { stream: process.stderr })} ${text}\n`,
    );
  };
  const access = readOnePasswordAccess();
  const read = (): Promise<StackItems> => readStackItems(spec, readThroughClient(access));
  const endpoint = await openEndpoint(spec.postgres.endpoint, spec.postgres.tls);
  try {
    const resumed = !(await logsIn({ spec, app, role }, endpoint, await read()));
    const at = `vaults/${role.item.vault}/items/${role.item.item}`;
    if (resumed) {
      say("item", `the server does not have the password of ${at} yet: going on with that one`);
    } else {
      await writeThroughClient(access)(role.item, {});
      say("item", `${at} has a new password`);
    }
    await runUp(args, app);
    say("server", `role ${role.name} has its verifier`);
    const items = await read();
    const outcome = await awaitSecret(
      spec,
      { role, credential: items.credential(role), wait: args.wait },
      say,
    );
    const verdict = await proveStack(spec, items, () => undefined);
    const failed = verdict.apps.flatMap(({ checks }) => checks).filter((check) => !check.ok);
    for (const check of failed) process.stderr.write(`failed   ${check.name}: ${check.detail}\n`);
    if (verdict.ok) say("login", `every role of ${app.name} can log in`);
    const rotation: Rotation = {
      app: app.name,
      role: role.name,
      resumed,
      secret: { name: `${role.namespace}/${role.secretName}`, outcome: outcome.kind },
      verified: verdict.ok,
      next: tellNext(role, outcome),
    };
    report(rotation, args.json);
    return verdict.ok && outcome.kind !== "late" ? 0 : 1;
  } finally {
    await endpoint.close();
  }
}

function selectRole(stack: StackSpec, args: RotateArgs): { app: AppSpec; role: RoleSpec } {
  const [app, ...more] = selectApps(stack, args.app);
  const names = stack.apps.map(({ name }) => name).join(", ");
  if (app === undefined || more.length > 0) {
    throw new BerthError(`rotate: which app? The stack's are ${names || "none"}`, {
      hint: `add --app ${app?.name ?? "wiki"}`,
    });
  }
  const key = args.role ?? "owner";
  const role = app.roles.find((candidate) => candidate.key === key);
  if (role !== undefined) return { app, role };
  throw new BerthError(
    `app ${app.name}: it has no role "${key}"; its roles are ${app.roles.map((one) => one.key).join(", ")}`,
    { hint: "name one of them with --role" },
  );
}

/** Whether the server takes the item's password. Throws when it cannot be asked. */
async function logsIn(
  { spec, app, role }: { readonly spec: StackSpec; readonly app: AppSpec; readonly role: RoleSpec },
  endpoint: Endpoint,
  items: StackItems,
): Promise<boolean> {
  const database = app.database.name;
  const target = { endpoint, tls: pgTlsOptions(spec.postgres.tls), database };
  try {
    await withSession(target, items.credential(role), (client) => client.query("select 1"));
    return true;
  } catch (error) {
    if ((error as { code?: string }).code === "28P01") return false;
    const item = `${role.item.vault}/${role.item.item}`;
    throw explainConnectFailure(error, endpoint, { user: role.name, database, item });
  }
}

/** This app's place on Postgres alone: what else waits in the stack file is not rotate's to bring up. */
async function runUp(args: RotateArgs, app: AppSpec): Promise<void> {
  const urn = `urn:pulumi:${args.stack}::berth::`;
  const targets =
    app.provisioner === "berth"
      ? [
          `${urn}pulumi:providers:berth::berth`,
          `${urn}berth:index:App$berth:postgres:AppDatabase::${app.name}`,
        ]
      : [];
  const result = await execa(
    "pulumi",
    [
      ...["up", "--yes", "--skip-preview", "--non-interactive", "--stack", args.stack],
      ...(args.file === undefined ? [] : ["--config-file", args.file]),
      ...targets.flatMap((target) => ["--target", target]),
    ],
    {
      cwd: project,
      env: targets.length > 0 ? { BERTH_TARGETED: "true" } : {},
      stdin: "ignore",
      stdout: process.stderr,
      stderr: "inherit",
      reject: false,
    },
  );
  if (result.code === "ENOENT") {
    throw new BerthError("rotate: pulumi is not on PATH", {
      hint: "install Pulumi (https://www.pulumi.com/docs/install/), then run the same command again",
    });
  }
  if (result.failed) {
    throw new BerthError(
      `app ${app.name}: pulumi up failed; 1Password has the new password and the server may not`,
      {
        hint: "mend what pulumi says above, then run the same command again: it goes on from here",
      },
    );
  }
}

async function awaitSecret(
  { postgres }: StackSpec,
  wanted: { readonly role: RoleSpec; readonly credential: Credential; readonly wait: number },
  say: (step: string, text: string) => void,
): Promise<SecretOutcome> {
  const { role, credential, wait } = wanted;
  const name = `Secret ${role.namespace}/${role.secretName}`;
  if (postgres.endpoint.kind === "direct") {
    return { kind: "unseen", reason: "the stack file names no cluster" };
  }
  const access = createKubeAccess(await loadKubeContext(postgres.endpoint));
  say("secret", `waiting for ${name}, at most ${String(wait)} min`);
  const outcome = await waitForSecret(access, role, credential, {
    timeoutMs: wait * 60_000,
    intervalMs: 2_000,
  });
  if (outcome.kind === "arrived") say("secret", `${name} has the new password`);
  return outcome;
}

function tellNext(role: RoleSpec, outcome: SecretOutcome): string {
  const at = `${role.namespace}/${role.secretName}`;
  const restart = `restart what reads it: kubectl -n ${role.namespace} rollout restart deployment`;
  switch (outcome.kind) {
    case "arrived":
      return restart;
    case "unseen":
      return `Secret ${at} could not be looked at (${outcome.reason}); when the 1Password operator has brought the password there, ${restart}`;
    case "late":
      return `Secret ${at} does not have the new password yet: kubectl -n ${role.namespace} describe onepassworditem ${role.secretName}; then ${restart}`;
  }
}

function report(rotation: Rotation, json: boolean): void {
  if (json) {
    process.stdout.write(`${JSON.stringify(rotation, null, 2)}\n`);
    return;
  }
  const { app, role, verified, next } = rotation;
  process.stdout.write(`next: ${next}\n`);
  process.stdout.write(`${verified ? "rotated" : "not verified"}: app ${app}, role ${role}\n`);
}
