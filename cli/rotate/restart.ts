import { rolePath } from "../../components/config/derive/names.ts";
import type { RestartTarget } from "../../components/config/spec/vault.ts";
import type { RoleSpec } from "../../components/config/spec.ts";
import { BerthError, type Problem, toOneError } from "../../components/errors.ts";
import type { KubeAccess } from "../../components/kubernetes/access.ts";
import { KubeError } from "../../components/kubernetes/error.ts";
import { type KubeAsk, toPath, toRefusal } from "../../components/kubernetes/failure.ts";
import { toCanI } from "../../components/kubernetes/rbac.ts";
import { isAllowed } from "../../components/kubernetes/rights.ts";

type Access = Pick<KubeAccess, "context" | "send">;

const options = { timeoutMs: 10_000, isBackground: false } as const;

/** Before anything is written: everything to restart exists, and may be restarted. No access = no cluster is named. */
export async function requireRestarts(
  access: Access | undefined,
  app: string,
  role: Pick<RoleSpec, "key" | "namespace" | "restart">,
): Promise<void> {
  const at = `berth:apps.${app}.${rolePath(role.key)}.restart`;
  if (access === undefined) {
    throw new BerthError(
      `app ${app}: ${at} says what to restart, and the stack file names no cluster; nothing was changed`,
      { hint: `add berth:cluster with its context, or remove ${at}` },
    );
  }
  const found = await Promise.all(
    role.restart.map((target) => findProblems(access, role.namespace, target)),
  );
  const problems = found.flat();
  if (problems.length > 0) throw toOneError(`app ${app}: ${at}; nothing was changed`, problems);
}

async function findProblems(
  access: Access,
  namespace: string,
  target: RestartTarget,
): Promise<readonly Problem[]> {
  const { resource } = toAsk(namespace, target);
  const right = { verb: "patch", group: "apps", resource, namespace, name: target.name } as const;
  if (!(await isAllowed(access, right))) {
    const what = `not allowed to restart ${target.kind}/${target.name} in ${namespace} (patch ${resource}.apps)`;
    return [{ what, fix: `give the right, then ask: ${toCanI(access.context, right)}` }];
  }
  try {
    await patchTarget(access, namespace, target, { dryRun: "All" });
    return [];
  } catch (error) {
    if (!(error instanceof KubeError)) throw error;
    if (error.kind !== "not-found") return error.problems;
    const what = `there is no ${target.kind} "${target.name}" in ${namespace}`;
    const fix = `correct the name; see ${access.context.kubectl} -n ${namespace} get ${resource}`;
    return [{ what, fix }];
  }
}

/** Restarts as `kubectl rollout restart` does. Returns why something could not be restarted. */
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
