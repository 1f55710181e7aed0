import { readFileSync } from "node:fs";
import type https from "node:https";
import { setTimeout as delay } from "node:timers/promises";
import type { KubeConfig } from "@kubernetes/client-node";
import { toErrorCode } from "../errors.ts";
import { KubeError, toShownText } from "./error.ts";
import type { KubeContext } from "./kubeconfig.ts";
import { toImpersonation } from "./user.ts";

const waitMs = 60_000;

export async function readCredentials(
  context: KubeContext,
  config: KubeConfig,
): Promise<https.RequestOptions> {
  const { user } = context;
  const impersonation = toImpersonation(user);
  if (impersonation === undefined) {
    const why = "it has as-uid, as-groups or as-user-extra, and no user in `as`";
    const hint = "say in `as` of this user in the kubeconfig who they belong to, or take them out";
    throw toFailure(context, why, hint);
  }
  if (user.exec?.interactiveMode === "Always") {
    const hint = "set interactiveMode to IfAvailable, if the plugin can do without people";
    throw toFailure(context, "it wants somebody at the terminal (interactiveMode: Always)", hint);
  }
  const options: https.RequestOptions = {};
  const late = delay(waitMs, undefined, { ref: false }).then(() => {
    throw new Error(`no credential within ${String(waitMs / 1000)} s`);
  });
  try {
    await Promise.race([config.applyToHTTPSOptions(options), late]);
  } catch (error) {
    throw toFailure(context, describe(context, error));
  }
  const token = readToken(context);
  const authorization = token === undefined ? {} : { Authorization: `Bearer ${token}` };
  options.headers = Object.assign({}, options.headers, impersonation, authorization);
  return options;
}

/** The token file wins over the token in the kubeconfig, because the file is renewed. */
function readToken(context: KubeContext): string | undefined {
  const { tokenFile, token } = context.user;
  if (tokenFile === undefined) return undefined;
  try {
    return readFileSync(tokenFile, "utf8").trim() || undefined;
  } catch (error) {
    if (token) return undefined;
    throw toFailure(context, `its tokenFile ${tokenFile} cannot be read (${toErrorCode(error)})`);
  }
}

function describe({ user }: KubeContext, error: unknown): string {
  // An answer in another form is read where it has nothing.
  if (error instanceof SyntaxError || error instanceof TypeError)
    return "its output is not an ExecCredential";
  const { syscall } = error as { syscall?: string };
  if (user.exec !== undefined && syscall?.startsWith("spawn") && toErrorCode(error) === "ENOENT") {
    const { installHint } = user.exec;
    const advice = installHint === undefined ? "" : `; ${toShownText(installHint)}`;
    return `the command is not ${user.exec.command.includes("/") ? "there" : "on PATH"}${advice}`;
  }
  return toShownText(error instanceof Error ? error.message : "unknown fault") || "no message";
}

/** No `cause`: the plugin's output may contain the token. */
function toFailure(
  { user, name, kubectl }: KubeContext,
  reason: string,
  hint = `${kubectl} auth whoami`,
): KubeError {
  const of = `user "${user.name}" (context "${name}")`;
  const how = user.exec === undefined ? "credential" : `exec plugin "${user.exec.command}"`;
  return new KubeError("credentials", `${how} of ${of} failed: ${reason}`, { hint });
}
