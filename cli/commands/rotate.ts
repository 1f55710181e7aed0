import { InvalidArgumentError, Option } from "@commander-js/extra-typings";
import { BerthError } from "../../components/errors.ts";
import { defineAppVerb, refuseAppOfAdmin } from "../define-verb.ts";

export const rotate = defineAppVerb("rotate", {
  summary:
    "set a new password in the item, on the server and in the Secret, and test it by a login",
  details:
    "Needs 1Password, as pulumi up does, with the right to write. Runs pulumi up for its app only; with --admin it runs no pulumi.",
  app: "the app",
  examples: [
    ["wiki --stack prod", "a new password for the owner of wiki"],
    ["wiki --stack prod --role reports", "a new password for another role of wiki"],
    ["wiki --stack prod --keys", "the keys of its Secret, with the password as it is"],
    ["wiki --stack prod --retire", "with two logins: disable the login that nothing uses"],
    ["--stack prod --admin --preview", "what a new password for the admin role would change"],
    ["--stack prod --admin", "a new password for the admin role, which other stacks may use too"],
  ],
})
  .option("--role <key>", "key of the role in the entry (default: owner)")
  .option("--retire", "with two logins, disable the login that nothing uses")
  .addOption(
    new Option("--keys", "write only the fields of the item that are keys of the Secret").conflicts(
      "retire",
    ),
  )
  .addOption(
    new Option("--admin", "set a new password for the admin role, not for an app's").conflicts([
      "app",
      "role",
      "retire",
      "keys",
    ]),
  )
  .option("--preview", "with --admin, say what it would do, and change nothing")
  .addOption(
    new Option("--wait <minutes>", "how long to wait for the Secret")
      .default(15)
      .argParser(toMinutes),
  )
  .action(async (_, { configFile: file, keys = false, retire = false, json = false, ...rest }) => {
    const { stack, app, role, wait, admin = false, preview = false } = rest;
    if (admin) {
      refuseAppOfAdmin("rotate", app);
      const { rotateAdmin } = await import("../rotate/admin/verb.ts");
      process.exitCode = await rotateAdmin({ stack, file, preview, json });
      return;
    }
    if (preview) {
      throw new BerthError("rotate: --preview is for --admin", {
        hint: "leave it out: rotate previews by itself before it writes anything",
      });
    }
    const verb = await import("../rotate/verb.ts");
    process.exitCode = await verb.rotate({ stack, file, app, role, wait, keys, retire, json });
  });

function toMinutes(text: string): number {
  if (/^\d{1,4}$/.test(text)) return Number(text);
  throw new InvalidArgumentError("Expected minutes, from 0 to 9999.");
}
