import { commandLine } from "../../components/command-line.ts";
import { rotationRunbook } from "../../components/config/derive/names.ts";
import { describeItem } from "../../components/config/spec/item.ts";
import type { StackSpec } from "../../components/config/spec.ts";
import { when } from "../../components/when.ts";
import { escapeMarkdown } from "../terminal/table.ts";
import { before, block, head } from "./runbook.ts";

/** How to rotate the password of the role that Berth itself logs in as, in the form of an app's runbook. */
export function toAdminRunbook(spec: StackSpec): string {
  const { stack, postgres, apps } = spec;
  const item = describeItem(postgres.admin);
  const rotate = (options: string): string => commandLine("rotate", `--stack ${stack} ${options}`);
  const jobs = apps.filter(({ provisioner }) => provisioner === "job").map(({ name }) => name);
  const name = rotationRunbook(`${stack}-admin`);
  const title = `Rotate the password of the admin role of stack ${stack}`;
  const again = commandLine("report", `--stack ${stack} --runbook --admin`);
  return [
    ...head({ name, title, again }, spec),
    `The role's name and password are in the 1Password item ${escapeMarkdown(item)}. Every stack that names this item logs in with it.`,
    "",
    ...before(spec),
    "## Steps",
    "",
    "1. Wait until no run of any of these stacks is in progress, because its next login would fail.",
    "2. See what will change, and which stacks of this project name the item:",
    "",
    block(rotate("--admin --preview")),
    "",
    "3. Set a new password. It stands in the item, in a field of its own, before the server has it, and becomes the item's password after a login with it:",
    "",
    block(rotate("--admin")),
    "",
    "4. Check that Berth and every role can log in:",
    "",
    block(
      `${commandLine("doctor", `--stack ${stack}`)}\n${commandLine("verify", `--stack ${stack}`)}`,
    ),
    "",
    "5. Change every copy of the password that does not come from the item: the Secret of an operator or chart that sets this role's password again, a pooler's list of users, backups, monitoring.",
    ...when(
      jobs.length > 0,
      `6. The Jobs of ${escapeMarkdown(jobs.join(", "))} log in with a Secret that is made of the item, in namespace ${postgres.namespace}. Wait until it has the new password before one runs.`,
    ),
    "",
    "## If something fails",
    "",
    "- A command was interrupted or failed: run it again. It finds by logins whether the server has the former password or the new one, and continues.",
    "- Without Berth: the server has either the item's `password` or what its field \"next password\" holds. 1Password keeps former passwords in the item's history.",
    "- The server accepts neither: a superuser sets what the item holds, with `\\password` in psql.",
    "",
  ].join("\n");
}
