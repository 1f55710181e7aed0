import { loginKeysOf } from "../../components/config/login-keys.ts";
import { BerthError } from "../../components/errors.ts";
import type { LiveSession } from "../../components/postgres/catalog/retirement.ts";
import { describeSession } from "../../components/postgres/rules/obstacles.ts";
import { print, printJson } from "../print.ts";
import { secretSource } from "../secret-source.ts";
import type { RotateContext } from "./context.ts";
import { waitingRoles } from "./decide-step.ts";
import { openSecrets } from "./finish.ts";
import { inspectStep, withServer } from "./two-logins.ts";
import { retireLogins, type Watch } from "./two-logins-server.ts";
import { waitForSecret } from "./wait-for-secret.ts";

/** The former logins; the form of the `--json` output. */
interface Retired {
  readonly app: string;
  /** The login that stays. */
  readonly login: string;
  readonly retired: readonly string[];
  /** Sessions of the former logins. If there are any, nothing was retired. */
  readonly connected: readonly LiveSession[];
}

const twoSeconds: Watch = { times: 10, everyMs: 200 };

/** Ends a login that the item does not name. Refuses while it has a session or the Secret still holds it. */
export async function retire(context: RotateContext, watch = twoSeconds): Promise<number> {
  const { app, role, args } = context;
  if (role.logins === undefined) {
    throw new BerthError(
      `app ${app.name}: role ${role.name} has only one login, and --retire needs two`,
      {
        hint: `leave out --retire; or set berth:apps.${app.name}.owner.rotation to two-logins`,
      },
    );
  }
  const outcome = await withServer(context, async (server, items, plan): Promise<Retired> => {
    const credential = items.credential(role);
    const { username } = credential;
    const { roles, isIn, step } = await inspectStep(context, credential, { server, plan });
    if (!isIn || roles.get(username)?.expires === true) {
      const because = step.kind === "finish" ? `: ${step.because}` : "";
      throw new BerthError(`app ${app.name}: the rotation is not that far yet${because}`, {
        hint: "run the same command without --retire first",
      });
    }
    await requireSecret(context, credential);
    const names = waitingRoles(plan, username)
      .map(({ name }) => name)
      .filter((name) => roles.has(name));
    const connected = await retireLogins(server, plan, names, watch);
    const retired = connected.length === 0 ? names : [];
    return { app: app.name, login: username, retired, connected };
  });
  report(outcome, args.json);
  return outcome.connected.length === 0 ? 0 : 1;
}

/** Throws if the Secret still holds a login that ends: Pods that start now would get it. */
async function requireSecret(
  { spec, app, role }: RotateContext,
  credential: Parameters<typeof waitForSecret>[2],
): Promise<void> {
  const access = await openSecrets(spec);
  if (access === undefined) return;
  const patience = { timeoutMs: 0, intervalMs: 1 };
  const outcome = await waitForSecret(
    access,
    { ...role, keys: loginKeysOf(app, role) },
    credential,
    patience,
  );
  if (outcome.kind !== "late") return;
  const at = `${role.namespace}/${role.secretName}`;
  throw new BerthError(
    `app ${app.name}: Secret ${at} does not hold ${credential.username} and its password yet; nothing was retired`,
    {
      hint: `kubectl -n ${role.namespace} describe ${secretSource(app).resource} ${role.secretName}`,
    },
  );
}

function report(outcome: Retired, json: boolean): void {
  const { app, login, retired, connected } = outcome;
  if (json) {
    printJson(outcome);
    return;
  }
  for (const session of connected) print(describeSession(session));
  if (connected.length > 0) {
    print(
      "next: restart what is connected, so that it reads the Secret again; then run the same command again",
    );
    print(`not retired: app ${app}, nothing was changed`);
    return;
  }
  print(`retired: app ${app}, ${retired.join(", ")}; ${login} is in use`);
}
