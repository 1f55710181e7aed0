import { defineAppVerb } from "../define-verb.ts";

export const verify = defineAppVerb("verify", {
  summary: "log in as every role, and try what must work and what must be refused",
  details:
    "Needs 1Password, as pulumi up does. It removes what it makes for its checks. If Vault makes an app's logins and VAULT_TOKEN is set, it logs in with a lease, and ends the lease.",
  examples: [
    ["--stack prod", "try all apps"],
    ["wiki --stack prod", "try one app"],
    ["--stack prod --json", "the same, for a program"],
  ],
}).action(async (_, { stack, configFile: file, app, json = false }) => {
  const verb = await import("../verify/verb.ts");
  process.exitCode = await verb.verify({ stack, file, app, json });
});
