import { z } from "zod";
import { DnsLabel, ItemName } from "./primitives.ts";
import { VaultPath } from "./vault.ts";

/** One of an app's further Secrets in a stack file; part of `schema.ts`. */
export const Secret = z.union([
  z.array(z.string().min(1)).describe("Fields the item must have."),
  z
    .strictObject({
      from: z
        .enum(["onepassword", "vault"])
        .describe(
          "Where its values are: a 1Password item, or a KV secret of Vault. Default: onepassword.",
        ),
      item: ItemName.describe("1Password item. Default: the Secret's name."),
      mount: VaultPath.describe("With `from: vault`. Default: berth:secrets.vault.kvMount."),
      path: VaultPath.describe(
        "With `from: vault`: path in the engine, without data/. Default: <app>/<Secret>, without the app's name at its start.",
      ),
      fields: z
        .array(z.string().min(1))
        .describe("Fields the item must have. Of Vault, the keys to bring. Default: all."),
      namespace: DnsLabel.describe("Default: the app's."),
    })
    .partial()
    .check((ctx) => {
      const message = sourceProblem(ctx.value);
      if (message !== undefined) ctx.issues.push({ code: "custom", message, input: ctx.value });
    }),
]);

interface SourceKeys {
  readonly from?: "onepassword" | "vault" | undefined;
  readonly item?: string | undefined;
  readonly mount?: string | undefined;
  readonly path?: string | undefined;
  readonly fields?: readonly string[] | undefined;
}

/** Why the keys of a Secret do not fit together; undefined = they do. */
function sourceProblem({ from, item, mount, path, fields }: SourceKeys): string | undefined {
  if (from !== "vault") {
    return mount === undefined && path === undefined
      ? undefined
      : "has `mount` or `path`, which go with `from: vault`";
  }
  if (item !== undefined) return "has `item`, which is of 1Password, and `from: vault`";
  const odd = fields?.find((field) => !/^[-._a-zA-Z0-9]+$/.test(field));
  return odd === undefined
    ? undefined
    : `has the field "${odd}", which no Secret may have as a key; Vault's keys stay as they are`;
}
