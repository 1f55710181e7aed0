import type { RestartTarget } from "../../components/config/spec/vault.ts";
import type { RoleSpec } from "../../components/config/spec.ts";
import { BerthError, toOneError } from "../../components/errors.ts";
import type { KubeAccess } from "../../components/kubernetes/access.ts";
import { KubeError } from "../../components/kubernetes/error.ts";
import { type KubeAsk, toPath, toRefusal } from "../../components/kubernetes/failure.ts";
import { isAllowed, toCanI } from "../../components/kubernetes/rights.ts";

type Access = Pick<KubeAccess, "context" | "send">;

const options = { timeoutMs: 10_000, isBackground: false } as const;

/**
 * Checks before anything is written that everything to restart exists, and that it may be restarted.
 *
 * @param access undefined = the stack file names no cluster.
 */
export async function requireRestarts(
  access: Access | undefined,
  app: string,
  role: Pick<RoleSpec, "key" | "namespace" | "restart">,
): Promise<void> {
  const at = `berth:apps.${app}.${role.key === "owner" ? "owner" : `roles.${role.key}`}.restart`;
  if (access === undefined) {
    throw new BerthError(
      `app ${app}: ${at} says what to restart, and the stack file names no cluster; nothing was changed`,
      { hint: `add berth:cluster with its context, or remove ${at}` },
    );
  }
  const problems = await Promise.all(
    role.restart.map((target) => findProblem(access, role.namespace, target)),
  );
  const found = problems.filter((problem) => problem !== undefined);
  if (found.length > 0) throw toOneError(`app ${app}: ${at}; nothing was changed`, found);
}

async function findProblem(
  access: Access,
  namespace: string,
  target: RestartTarget,
): Promise<string | undefined> {
  const { resource } = toAsk(namespace, target);
  const right = { verb: "patch", group: "apps", resource, namespace, name: target.name } as const;
  if (!(await isAllowed(access, right))) {
    return `not allowed to restart ${target.kind}/${target.name} in ${namespace} (patch ${resource}.apps)\n    fix: give the right, then ask: ${toCanI(access, right)}`;
  }
  try {
    await patchTarget(access, namespace, target, { dryRun: "All" });
    return undefined;
  } catch (error) {
    if (!(error instanceof KubeError)) throw error;
    if (error.kind !== "not-found") return error.message;
    return `there is no ${target.kind} "${target.name}" in ${namespace}\n    fix: correct the name; see ${access.context.kubectl} -n ${namespace} get ${resource}`;
  }
}

/**
 * Restarts as `kubectl rollout restart` does.
 *
 * @returns What could not be restarted, and why.
 */
export async function restart(
  access: Access,
  namespace: string,
  targets: readonly RestartTarget[],
): Promise<readonly string[]> {
  const failures: string[] = [];
  for (const target of targets) {
    try {
      await patchTarget(access, namespace, target, {});
    } catch (error) {
      if (!(error instanceof KubeError)) throw error;
      failures.push(error.message);
    }
  }
  return failures;
}

function toAsk(namespace: string, { kind, name }: RestartTarget): KubeAsk {
  const resource = `${kind.toLowerCase()}s`;
  return { verb: "patch", apiVersion: "apps/v1", resource, namespace, name };
}

async function patchTarget(
  access: Access,
  namespace: string,
  target: RestartTarget,
  query: Readonly<Record<string, string>>,
): Promise<void> {
  const annotations = { "kubectl.kubernetes.io/restartedAt": new Date().toISOString() };
  const patch = { spec: { template: { metadata: { annotations } } } };
  await patchObject(access, toAsk(namespace, target), patch, query);
}

/** Throws a `KubeError` if the API server refuses. */
export async function patchObject(
  access: Access,
  ask: KubeAsk,
  patch: unknown,
  query: Readonly<Record<string, string>> = {},
): Promise<void> {
  const answer = await access.send({ path: toPath(ask, query), patch }, options);
  if (answer.status < 200 || answer.status > 299) throw toRefusal(access.context, ask, answer);
}
