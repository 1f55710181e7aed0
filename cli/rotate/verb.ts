import { styleText } from "node:util";
import { databaseCredentials } from "../../components/config/derive/names.ts";
import { readOnePasswordAccess } from "../../components/config/environment.ts";
import { hasItem } from "../../components/config/logins.ts";
import type { AppSpec, RoleSpec, StackSpec } from "../../components/config/spec.ts";
import { loadIdentifiedStack } from "../../components/engine/stack-identity.ts";
import { BerthError } from "../../components/errors.ts";
import { readStackItems } from "../../components/onepassword/stack-items.ts";
import { readThroughClient } from "../../components/onepassword/through-client.ts";
import { projectFolder } from "../../components/project-folder.ts";
import { openEndpoint } from "../../components/tunnel/endpoint.ts";
import { selectApps } from "../select-apps.ts";
import type { RotateArgs } from "./context.ts";
import { rotateInPlace } from "./in-place.ts";
import { requirePulumi } from "./require-pulumi.ts";
import { retire } from "./retire.ts";
import { runUp } from "./run-up.ts";
import { rotateTwoLogins } from "./two-logins.ts";

/**
 * The verb: a new password in the item, on the server and in the Secret, and a login that proves it.
 * Nothing is noted on the way: what an interrupted run has left to do is read from the item and the server.
 */
export async function rotate(args: RotateArgs): Promise<number> {
  const stack = loadIdentifiedStack(args.stack, projectFolder, args.file);
  const { app, role } = selectRole(stack, args);
  refuseLoginsOfVault(app, role);
  const spec = { ...stack, apps: [app] };
  const say = (step: string, text: string): void => {
    process.stderr.write(
      `${styleText("green", step.padEnd(8), { stream: process.stderr })} ${text}\n`,
    );
  };
  const access = readOnePasswordAccess();
  if (!args.retire) await requirePulumi();
  const endpoint = await openEndpoint(spec.postgres.endpoint, spec.postgres.tls);
  try {
    const read = () => readStackItems(spec, readThroughClient(access));
    const item = `vaults/${role.item.vault}/items/${role.item.item}`;
    const up = (sofar: string): Promise<void> => runUp(args, app, sofar);
    const context = { args, spec, app, role, access, endpoint, item, read, up, say };
    if (args.retire) return await retire(context);
    return await (role.logins === undefined ? rotateInPlace : rotateTwoLogins)(context);
  } finally {
    await endpoint.close();
  }
}

function refuseLoginsOfVault(app: AppSpec, role: RoleSpec): void {
  const { login } = app.vault ?? {};
  if (hasItem(role) || login === undefined) return;
  const path = `${login.mount}/${databaseCredentials(login.role)}`;
  throw new BerthError(
    `app ${app.name}: Vault makes the logins of "${role.name}" and changes them`,
    {
      hint: `to end those that there are: vault lease revoke -prefix ${path}`,
    },
  );
}

function selectRole(stack: StackSpec, args: RotateArgs): { app: AppSpec; role: RoleSpec } {
  const [app, ...more] = selectApps(stack, args.app);
  const names = stack.apps.map(({ name }) => name).join(", ");
  if (app === undefined || more.length > 0) {
    throw new BerthError(`rotate: which app? The stack's are ${names || "none"}`, {
      hint: `add --app ${app?.name ?? "wiki"}`,
    });
  }
  if (app.provisioner === "job") {
    throw new BerthError(`app ${app.name}: a Job sets its passwords, and rotate cannot start it`, {
      hint: 'change the password in the item, wait for its Secret, then start the Job anew; see "A Job in place of Berth" in README.md',
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
