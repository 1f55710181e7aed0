import { rotationRunbook } from "../../components/config/derive/names.ts";
import type { AppSpec, RoleSpec, StackSpec } from "../../components/config/spec.ts";
import { BerthError } from "../../components/errors.ts";
import { secretSource } from "../secret-source.ts";

/**
 * How to rotate the passwords of one app, for whoever is on duty: Markdown with the slug and tags by which
 * a collection of procedures finds it. It is printed and goes into no tree of manifests, since it belongs
 * where the other procedures are.
 */
export function toRunbook(apps: readonly AppSpec[], stack: StackSpec): string {
  const [app, ...others] = apps;
  if (app === undefined || others.length > 0) {
    throw new BerthError(`report: a runbook is for one app, not for ${String(apps.length)}`, {
      hint: `name it: --app ${app?.name ?? "NAME"}`,
    });
  }
  const name = rotationRunbook(app.name);
  const again = `npm run report -- --stack ${stack.stack} --app ${app.name} --runbook`;
  return [
    ...["---", `slug: ${name}`, `title: Rotate the passwords of ${app.name}`],
    ...["tags: [sop, active]", "---", ""],
    `# Rotate the passwords of ${app.name}`,
    "",
    `Made from Pulumi.${stack.stack}.yaml. When that changes, make it anew: \`${again}\``,
    "",
    "| role | logs in as | 1Password item | Secret | namespaces |",
    "| --- | --- | --- | --- | --- |",
    ...app.roles.map((role) => toRow(role, app, stack)),
    "",
    ...before(stack),
    ...app.roles.flatMap((role) =>
      (role.logins === undefined ? inPlace : inTurn)(role, app, stack),
    ),
    ...trouble(app, stack),
    "",
  ].join("\n");
}

function toRow(role: RoleSpec, app: AppSpec, stack: StackSpec): string {
  const { name, logins, item, secretName, namespace } = role;
  const isDelivered = app.delivery !== "none";
  const places = isDelivered ? [...new Set([namespace, stack.postgres.namespace])].join(", ") : "–";
  const cells = [
    ...[name, (logins ?? [name]).join(" or "), `${item.vault}/${item.item}`],
    ...[isDelivered ? secretName : "–", places],
  ];
  return `| ${cells.join(" | ")} |`;
}

function before({ stack }: StackSpec): string[] {
  return [
    "## Before",
    "",
    `In the project's folder, with \`OP_CONNECT_HOST\` and \`OP_CONNECT_TOKEN\` (or \`OP_SERVICE_ACCOUNT_TOKEN\`) that may write to the vault, and with a kubeconfig where the server is reached through a cluster. If something is missing, this says what:`,
    "",
    block(`npm run doctor -- --stack ${stack}`),
    "",
  ];
}

function inPlace(role: RoleSpec, app: AppSpec, { stack }: StackSpec): string[] {
  const option = role.key === "owner" ? "" : ` --role ${role.key}`;
  return [
    `## ${role.name}: one login`,
    "",
    `From step 1 until the app has restarted, its new connections are refused; open ones go on.`,
    "",
    `1. A new password, in the item, on the server and in the Secret:`,
    "",
    block(`npm run rotate -- --stack ${stack} --app ${app.name}${option}`),
    "",
    ...restart(role, 2),
    ...verify(stack, 3),
    ...byHand(role, stack, ""),
  ];
}

function inTurn(role: RoleSpec, app: AppSpec, { stack }: StackSpec): string[] {
  const command = `npm run rotate -- --stack ${stack} --app ${app.name}`;
  const [first = "", second = ""] = role.logins ?? [];
  return [
    `## ${role.name}: two logins that take turns`,
    "",
    `${first} and ${second} act as ${role.name}, which owns everything. The item's \`username\` says which of them is in use. Nothing is refused at any time.`,
    "",
    "1. The other login gets a new password and the item goes over to it:",
    "",
    block(command),
    "",
    ...restart(role, 2),
    ...verify(stack, 3),
    "4. End the former login. While somebody is connected as it, this changes nothing and says who:",
    "",
    block(`${command} --retire`),
    "",
    ...byHand(role, stack, `, and its \`username\` to the other of ${first} and ${second}`),
  ];
}

function restart({ namespace }: RoleSpec, step: number): string[] {
  const command = `kubectl -n ${namespace} rollout restart deployment`;
  return [`${String(step)}. Restart what reads the Secret:`, "", block(command), ""];
}

function verify(stack: string, step: number): string[] {
  const command = `npm run verify -- --stack ${stack}`;
  return [`${String(step)}. See that every login works:`, "", block(command), ""];
}

function byHand({ item }: RoleSpec, stack: string, more: string): string[] {
  return [
    `In place of step 1 by hand: change \`password\` of the item ${item.item}${more}, then:`,
    "",
    block(`pulumi up --stack ${stack}`),
    "",
  ];
}

function trouble(app: AppSpec, { stack }: StackSpec): string[] {
  const [owner] = app.roles;
  const source = secretSource(app);
  return [
    "## When it goes wrong",
    "",
    "- Interrupted, or failed in the middle: run the same command again. It goes on from where it was.",
    `- The Secret does not change: \`kubectl -n ${owner.namespace} describe ${source.resource} ${owner.secretName}\``,
    `- \`the stack is currently locked\`: another run holds it, or one that was killed. If it was killed: \`pulumi cancel --stack ${stack}\``,
  ];
}

function block(command: string): string {
  return `\`\`\`sh\n${command}\n\`\`\``;
}
