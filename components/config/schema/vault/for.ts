import { z } from "zod";

/** `berth:vaultFor`. With it the stack file has no other key but `berth:stack`. */
export const VaultFor = z
  .string()
  .regex(/^[\w.-]{1,100}$/, { error: "is not the name of a stack" })
  .describe(
    "Only in a stack of its own, in place of all other keys: the stack whose central half of Vault this one makes.",
  );
