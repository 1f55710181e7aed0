import { commandLine, pulumiLine } from "../../components/command-line.ts";
import { databaseCredentials, jobName } from "../../components/config/derive/names.ts";
import { readOnePasswordAccess } from "../../components/config/environment.ts";
import { hasItem, isOfVault } from "../../components/config/logins.ts";
import type { AppSpec, RoleSpec, StackSpec } from "../../components/config/spec.ts";
import { findFileBackend } from "../../components/engine/file-backend.ts";
import { loadIdentifiedStack } from "../../components/engine/stack-identity.ts";
import { requireUnlocked } from "../../components/engine/stack-locks.ts";
import { BerthError } from "../../components/errors.ts";
import { itemPath } from "../../components/onepassword/item.ts";
import { readStackItems } from "../../components/onepassword/stack-items.ts";
import { readThroughClient } from "../../components/onepassword/through-client.ts";
import { withServer } from "../../components/postgres/server/reach.ts";
import { projectFolder } from "../../components/project-folder.ts";
import { printStep as say } from "../print.ts";
import { selectApps } from "../select-apps.ts";
import { describeLogin, type RotateArgs } from "./context.ts";
import { openSecrets } from "./finish.ts";
import { rotateInPlace } from "./in-place.ts";
import { requireRestarts } from "./restart.ts";
import { retire } from "./retire.ts";
import { previewApp, upApp } from "./run-pulumi.ts";
import { rotateTwoLogins } from "./two-logins.ts";
import { writeKeys } from "./write-keys.ts";

/** The verb. It stores no progress: an interrupted run is found from the item and the server. */
export async function rotate(args: RotateArgs): Promise<number> {
  const stack = loadIdentifiedStack(args.stack, projectFolder, args.file);
  const { app, role } = selectRole(stack, args);
  refuseLoginsOfOthers(app, role);
  const spec = { ...stack, apps: [app] };
  const access = readOnePasswordAccess();
  const item = itemPath(role.item);
  if (args.keys) {
    await writeKeys({ spec, app, role, access, item, say });
    return 0;
  }
  if (!args.retire) {
    if (role.restart.length > 0) {
      await requireRestarts(await openSecrets(spec), app.name, role);
    }
    // A preview ignores the stack's lock, and `up` would then fail.
    requireUnlocked(findFileBackend(projectFolder, process.env), args.stack);
    await previewApp({ args, app });
  }
  return await withServer(spec.postgres, async (server) => {
    const read = () => readStackItems(spec, readThroughClient(access));
    const tools = { args, spec, app, role, access, server, item, read, say };
    const up = (): Promise<void> => upApp({ args, app }, () => describeLogin(tools));
    const context = { ...tools, up };
    if (args.retire) return await retire(context);
    return await (role.logins === undefined ? rotateInPlace : rotateTwoLogins)(context);
  });
}

function refuseLoginsOfOthers(app: AppSpec, role: RoleSpec): void {
  if (hasItem(role)) return;
  const { login } = app.vault ?? {};
  if (login === undefined || !isOfVault(role)) {
    throw new BerthError(`app ${app.name}: role "${role.name}" has no password (login: external)`, {
      hint: "name another role with --role",
    });
  }
  const path = `${login.mount}/${databaseCredentials(login.role)}`;
  throw new BerthError(
    `app ${app.name}: Vault makes the logins of "${role.name}" and changes them`,
    {
      hint: `to end those that there are: vault lease revoke -prefix ${path}`,
    },
  );
}

/** How a person starts an app's Job. */
function toStartJob(
  { name, delivery, argocd }: AppSpec,
  { stack, gitops, postgres }: StackSpec,
): string {
  if (delivery === "git" && gitops?.workloads === "argocd") {
    return `argocd app sync ${argocd.provisioner}`;
  }
  const deletion = `kubectl -n ${postgres.namespace} delete job ${jobName(name)}`;
  return delivery === "git"
    ? `${deletion}, and Flux makes it again`
    : `${deletion}, then ${pulumiLine("up --refresh", stack)}`;
}

function selectRole(stack: StackSpec, args: RotateArgs): { app: AppSpec; role: RoleSpec } {
  const [app, ...more] = selectApps(stack, args.app);
  const names = stack.apps.map(({ name }) => name).join(", ");
  if (app === undefined || more.length > 0) {
    throw new BerthError(`rotate: which app? The stack's are ${names || "none"}`, {
      hint: `name it: ${commandLine("rotate", `${app?.name ?? "NAME"} --stack ${args.stack}`)}`,
    });
  }
  if (app.provisioner === "job") {
    throw new BerthError(`app ${app.name}: a Job sets its passwords, and rotate cannot start it`, {
      hint: `change the password in the item, wait for its Secret, then start the Job again: ${toStartJob(app, stack)}`,
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
