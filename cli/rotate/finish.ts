import { loginKeysOf } from "../../components/config/login-keys.ts";
import type { AppSpec, RoleSpec, StackSpec } from "../../components/config/spec.ts";
import { createKubeAccess, type KubeAccess } from "../../components/kubernetes/access.ts";
import { loadKubeContext } from "../../components/kubernetes/kubeconfig.ts";
import type { StackItems } from "../../components/onepassword/stack-items.ts";
import { print, printError, printJson } from "../print.ts";
import { toRestartCommands } from "../restart-commands.ts";
import { secretSource } from "../secret-source.ts";
import { verifyStack } from "../verify/verb.ts";
import type { RotateContext } from "./context.ts";
import { forceSync } from "./force-sync.ts";
import { restart } from "./restart.ts";
import { type SecretOutcome, waitForSecret } from "./wait-for-secret.ts";

/** How often to say that the wait goes on. */
const beatMs = 30_000;

/** What was rotated, and how far; the form of the `--json` output. */
export interface Rotation {
  readonly app: string;
  readonly role: string;
  /** The login in the item: the role itself, or one of its two logins. */
  readonly login: string;
  /** Whether this run continued an earlier rotation. */
  readonly resumed: boolean;
  readonly secret: { readonly name: string; readonly outcome: SecretOutcome["kind"] };
  readonly verified: boolean;
  /** What was restarted, as the entry names it. */
  readonly restarted: readonly string[];
  /** What to do by hand. */
  readonly next: string;
}

/** Ends every rotation: waits for the Secret, checks every login, says what is left. Answers with the exit code. */
export async function finish(
  context: RotateContext,
  { resumed, then }: { readonly resumed: boolean; readonly then: string | undefined },
): Promise<number> {
  const { spec, app, role, args, say } = context;
  const items = await context.read();
  const outcome = await awaitSecret(context, items);
  const verdict = await verifyStack(spec, items, () => undefined);
  const failed = verdict.apps.flatMap(({ checks }) => checks).filter((check) => !check.ok);
  for (const check of failed) printError(`failed   ${check.name}: ${check.detail}`);
  if (verdict.ok) say("login", `every role of ${app.name} can log in`);
  const failures = outcome.kind === "arrived" ? await restartReaders(context) : [];
  const isRestarted = outcome.kind === "arrived" && failures.length === 0;
  const restarted = isRestarted ? role.restart : [];
  const next = tellNext(app, role, { outcome, isDone: restarted.length > 0 });
  const login = items.credential(role).username;
  const rotation: Rotation = {
    app: app.name,
    role: role.name,
    login,
    resumed,
    secret: { name: `${role.namespace}/${role.secretName}`, outcome: outcome.kind },
    verified: verdict.ok,
    restarted: restarted.map(({ kind, name }) => `${kind}/${name}`),
    next: then === undefined ? next : `${next}; ${then}`,
  };
  if (args.json) printJson(rotation);
  else {
    print(`next: ${rotation.next}`);
    print(`${verdict.ok ? "rotated" : "not verified"}: app ${app.name}, role ${login}`);
  }
  return verdict.ok && outcome.kind !== "late" && failures.length === 0 ? 0 : 1;
}

/** Restarts what the entry names. Answers with what failed. */
async function restartReaders({ spec, role, say }: RotateContext): Promise<readonly string[]> {
  const access = role.restart.length === 0 ? undefined : await openSecrets(spec);
  if (access === undefined) return [];
  const failures = await restart(access, role.namespace, role.restart);
  for (const failure of failures) printError(`failed   restart: ${failure}`);
  if (failures.length === 0) {
    const names = role.restart.map(({ kind, name }) => `${kind}/${name}`).join(", ");
    say("restart", `${names} in ${role.namespace}`);
  }
  return failures;
}

/** Access to the cluster's Secrets. undefined = the stack file names no cluster. */
export async function openSecrets({
  postgres: { endpoint },
  cluster,
}: StackSpec): Promise<KubeAccess | undefined> {
  const choice = endpoint.kind === "direct" ? cluster : endpoint;
  return choice && createKubeAccess(await loadKubeContext(choice));
}

async function awaitSecret(
  { spec, app, role, args, say }: RotateContext,
  items: StackItems,
): Promise<SecretOutcome> {
  const name = `Secret ${role.namespace}/${role.secretName}`;
  const access = await openSecrets(spec);
  if (access === undefined) return { kind: "unseen", reason: "the stack file names no cluster" };
  if (app.secretsThrough === "external-secret") {
    const object = { namespace: role.namespace, name: role.secretName };
    const reason = await forceSync(access, object);
    const interval = role.settings.refreshInterval ?? spec.secrets.refreshInterval;
    const later = `reads the item within ${interval} (${reason ?? ""})`;
    say("secret", `External Secrets ${reason === undefined ? "reads the item now" : later}`);
  }
  say("secret", `waiting for ${name}, at most ${String(args.wait)} min`);
  const start = Date.now();
  const beating = setInterval(() => {
    const seconds = Math.round((Date.now() - start) / 1000);
    say("secret", `still waiting for ${name}, ${String(seconds)} s`);
  }, beatMs);
  const awaited = { ...role, keys: loginKeysOf(app, role) };
  const outcome = await waitForSecret(access, awaited, items.credential(role), {
    timeoutMs: args.wait * 60_000,
    intervalMs: 2_000,
  }).finally(() => {
    clearInterval(beating);
  });
  if (outcome.kind === "arrived") say("secret", `${name} has the new password`);
  return outcome;
}

function tellNext(
  app: AppSpec,
  role: RoleSpec,
  { outcome, isDone }: { readonly outcome: SecretOutcome; readonly isDone: boolean },
): string {
  const { who, resource } = secretSource(app);
  const at = `${role.namespace}/${role.secretName}`;
  const commands = toRestartCommands(role.namespace, role.restart);
  const restart = `restart what reads it: ${commands.join("; ")}`;
  switch (outcome.kind) {
    case "arrived":
      return isDone
        ? toRestartCommands(role.namespace, role.restart, "status").join("; ")
        : restart;
    case "unseen":
      return `Secret ${at} could not be looked at (${outcome.reason}); when ${who} has brought the password there, ${restart}`;
    case "late":
      return `Secret ${at} does not have the new password yet: kubectl -n ${role.namespace} describe ${resource} ${role.secretName}; then ${restart}`;
  }
}
