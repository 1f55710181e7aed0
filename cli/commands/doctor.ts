import { defineVerb } from "../define-verb.ts";

export const doctor = defineVerb("doctor", {
  summary: "check everything that a run needs, and print how to fix what is missing",
  details:
    "Needs 1Password, as pulumi up does. If the stack uses Vault, it looks into Vault with VAULT_TOKEN, and says what it leaves out without it.",
  examples: [
    ["--stack prod", "check this machine, the stack file, 1Password, the cluster and the server"],
  ],
}).action(async ({ stack, configFile: file, json = false }) => {
  const verb = await import("../doctor/verb.ts");
  process.exitCode = await verb.doctor({ stack, file, json });
});
