import { writeFileSync } from "node:fs";
import { z } from "zod";
import { StackConfig } from "./stack.ts";
import { VaultFor } from "./vault/for.ts";

/** JSON Schema of a `Pulumi.<stack>.yaml`, for editors; generated from the schema that parses it. */
export function stackFileSchema(): string {
  const { $schema, ...stack } = z.toJSONSchema(StackConfig, { io: "input" });
  const { type, description, pattern } = z.toJSONSchema(VaultFor);
  const properties = { ...stack.properties, vaultFor: { type, description, pattern } };
  const schema = {
    $schema,
    title: "Berth stack file",
    type: "object",
    properties: {
      config: {
        type: "object",
        properties: Object.fromEntries(
          Object.entries(properties).map(([key, value]) => [`berth:${key}`, value]),
        ),
        if: { required: ["berth:vaultFor"] },
        else: { required: (stack.required ?? []).map((key) => `berth:${key}`) },
        propertyNames: {
          anyOf: [
            { enum: Object.keys(properties).map((key) => `berth:${key}`) },
            { not: { pattern: "^berth:" } },
          ],
        },
      },
    },
    required: ["config"],
  };
  return `${JSON.stringify(schema, null, 2)}\n`;
}

if (process.argv.includes("--write")) {
  writeFileSync(new URL("../schema.json", import.meta.url), stackFileSchema());
}
