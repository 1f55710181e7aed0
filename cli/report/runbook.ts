import { stringify } from "yaml";
import { commandLine, pulumiLine } from "../../components/command-line.ts";
import { rotationRunbook } from "../../components/config/derive/names.ts";
import { keysInItem } from "../../components/config/login-keys.ts";
import { hasItem } from "../../components/config/logins.ts";
import { describeItem } from "../../components/config/spec/item.ts";
import type { AppSpec, RoleSpec, StackSpec } from "../../components/config/spec.ts";
import { BerthError } from "../../components/errors.ts";
import { toRestartCommands } from "../restart-commands.ts";
import { secretSource } from "../secret-source.ts";
import { requireOne } from "../select-apps.ts";
import { escapeMarkdown } from "../terminal/table.ts";

/**
 * How to rotate the passwords of one app, or of one of its roles, as Markdown with a slug and tags for a collection of
 * runbooks. It is only printed, because it belongs to the other runbooks, not to the manifests.
 *
 * @param key Of the role in the entry; undefined = all roles with an item.
 */
export function toRunbook(apps: readonly AppSpec[], stack: StackSpec, key?: string): string {
  const options = `--stack ${stack.stack} --runbook`;
  const app = requireOne(apps, "report", { what: "a runbook", options });
  const roles = selectRoles(app, key);
  const [first] = roles;
  const isOne = key !== undefined && first !== undefined;
  const name = rotationRunbook(isOne ? first.name : app.name);
  const title = isOne
    ? `Rotate the password of ${first.name}`
    : `Rotate the passwords of ${app.name}`;
  const option = isOne ? ` --role ${key}` : "";
  const again = commandLine("report", `${app.name} ${options}${option}`);
  return [
    ...head({ name, title, again }, stack),
    "| role | logs in as | 1Password item | Secret | namespaces |",
    "| --- | --- | --- | --- | --- |",
    ...roles.map((role) => toRow(role, app, stack)),
    "",
    ...before(stack),
    ...roles.flatMap((role) => (role.logins === undefined ? inPlace : twoLogins)(role, app, stack)),
    ...trouble(app, roles, stack),
    "",
  ].join("\n");
}

/** The start of a runbook, up to its first section. */
export function head(
  { name, title, again }: Readonly<Record<"name" | "title" | "again", string>>,
  { stack }: StackSpec,
): string[] {
  return [
    // The title may have any sign that a role's name has.
    "---",
    `slug: ${name}`,
    stringify({ title }, { lineWidth: 0 }).trimEnd(),
    "tags: [sop, active]",
    "---",
    "",
    `# ${escapeMarkdown(title)}`,
    "",
    `Generated from Pulumi.${stack}.yaml. When that changes, generate it again: \`${again}\``,
    "",
  ];
}

/** Vault changes the logins that it makes by itself. */
function selectRoles(app: AppSpec, key: string | undefined): readonly RoleSpec[] {
  const all = app.roles.filter(hasItem);
  const found = key === undefined ? all : all.filter((role) => role.key === key);
  if (found.length > 0) return found;
  const keys = all.map((role) => role.key).join(", ");
  throw new BerthError(
    `report: app ${app.name} has ${key === undefined ? "no role" : `no role "${key}"`} with an item in 1Password; it has ${keys || "none"}`,
    { hint: key === undefined ? "name another app" : "name one of them with --role" },
  );
}

function toRow(role: RoleSpec, app: AppSpec, stack: StackSpec): string {
  const { name, logins, item, secretName, namespace } = role;
  const isDelivered = app.delivery !== "none";
  const namespaces = isDelivered
    ? [...new Set([namespace, stack.postgres.namespace])].join(", ")
    : "–";
  const cells = [
    name,
    (logins ?? [name]).join(" or "),
    describeItem(item),
    isDelivered ? secretName : "–",
    namespaces,
  ];
  return `| ${cells.map(escapeMarkdown).join(" | ")} |`;
}

export function before({ stack }: StackSpec): string[] {
  return [
    "## Before",
    "",
    `Work in the project's folder. \`OP_CONNECT_HOST\` and \`OP_CONNECT_TOKEN\` (or \`OP_SERVICE_ACCOUNT_TOKEN\`) must be set, with write access to the vault. If the server is reached through a cluster, you also need a kubeconfig. This command says what is missing:`,
    "",
    block(commandLine("doctor", `--stack ${stack}`)),
    "",
  ];
}

function rotate({ key }: RoleSpec, { name }: AppSpec, stack: string, more = ""): string {
  const role = key === "owner" ? "" : ` --role ${key}`;
  return commandLine("rotate", `${name} --stack ${stack}${role}${more}`);
}

function inPlace(role: RoleSpec, app: AppSpec, { stack }: StackSpec): string[] {
  return [
    `## ${escapeMarkdown(role.name)}: one login`,
    "",
    `From step 1 until the app has restarted, the server refuses its new connections. Open connections stay.`,
    "",
    `1. Set a new password in the item, on the server and in the Secret:`,
    "",
    block(rotate(role, app, stack)),
    "",
    ...restart(role, 2),
    ...verify(stack, 3),
    ...byHand(role, app, stack),
  ];
}

function twoLogins(role: RoleSpec, app: AppSpec, { stack }: StackSpec): string[] {
  const command = commandLine("rotate", `${app.name} --stack ${stack}`);
  const [first = "", second = ""] = role.logins ?? [];
  return [
    `## ${escapeMarkdown(role.name)}: two logins`,
    "",
    `The app logs in as ${escapeMarkdown(`${first} or ${second}. ${role.name}`)} owns everything. The item's \`username\` says which login is in use. The server refuses no connection at any time.`,
    "",
    "1. Set a new password for the other login, and change the item to it:",
    "",
    block(command),
    "",
    ...restart(role, 2),
    ...verify(stack, 3),
    "4. Disable the former login. If somebody is still connected as it, this changes nothing and says who:",
    "",
    block(`${command} --retire`),
    "",
    ...byHand(role, app, stack),
  ];
}

function restart({ namespace, restart: targets }: RoleSpec, step: number): string[] {
  const isDone = targets.length > 0;
  const commands = toRestartCommands(namespace, targets, isDone ? "status" : "restart");
  const what = isDone
    ? "It has restarted these. Wait until they run"
    : "Restart what uses the Secret";
  return [`${String(step)}. ${what}:`, "", block(commands.join("\n")), ""];
}

function verify(stack: string, step: number): string[] {
  const command = commandLine("verify", `--stack ${stack}`);
  return [`${String(step)}. Check that every login works:`, "", block(command), ""];
}

function byHand(role: RoleSpec, app: AppSpec, stack: string): string[] {
  const { item, logins, fields } = role;
  const [first = "", second = ""] = logins ?? [];
  const other =
    logins === undefined
      ? ""
      : `, and its \`username\` to the other of ${escapeMarkdown(`${first} and ${second}`)}`;
  const hasKeys = keysInItem(app, role).length > 0;
  const commands = [
    // The fields that repeat the login do not change by themselves.
    ...(hasKeys ? [rotate(role, app, stack, " --keys")] : []),
    pulumiLine("up", stack),
  ];
  return [
    `To do step 1 by hand, change ${escapeMarkdown(fields.password)} of the item ${escapeMarkdown(item.item)}${other}, then run:`,
    "",
    block(commands.join("\n")),
    "",
  ];
}

function trouble(app: AppSpec, roles: readonly RoleSpec[], { stack }: StackSpec): string[] {
  const source = secretSource(app);
  const commands = roles.map(
    ({ namespace, secretName }) =>
      `\`kubectl -n ${namespace} describe ${source.resource} ${secretName}\``,
  );
  return [
    "## If something fails",
    "",
    "- A command was interrupted or failed: run it again. It continues where it stopped.",
    `- The Secret does not change: ${commands.join(" or ")}`,
    `- \`the stack is currently locked\`: another run has the lock, or a run was killed. If it was killed: \`pulumi cancel --stack ${stack}\``,
  ];
}

export function block(command: string): string {
  return `\`\`\`sh\n${command}\n\`\`\``;
}
