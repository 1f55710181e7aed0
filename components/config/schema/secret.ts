import { z } from "zod";
import { DnsLabel, ItemName } from "./primitives.ts";
import { VaultPath } from "./vault.ts";

/** One Secret under `secrets` in an app's entry. */
export const Secret = z.union([
  z.array(z.string().min(1)).describe("Fields the item must have."),
  z
    .strictObject({
      from: z
        .enum(["onepassword", "vault"])
        .describe(
          "Where the values are: in a 1Password item, or in a KV secret of Vault. Default: onepassword.",
        ),
      item: ItemName.describe("1Password item. Default: the Secret's name."),
      mount: VaultPath.describe("With `from: vault`. Default: berth:secrets.vault.kvMount."),
      path: VaultPath.describe(
        "With `from: vault`: path in the engine, without data/. Default: <app>/<Secret>; a Secret's name loses the prefix <app>-.",
      ),
      fields: z
        .array(z.string().min(1))
        .describe("Fields the item must have. With `from: vault`: keys to copy. Default: all."),
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

/** Why the keys of a Secret contradict each other; undefined = they do not. */
function sourceProblem({ from, item, mount, path, fields }: SourceKeys): string | undefined {
  if (from !== "vault") {
    return mount === undefined && path === undefined
      ? undefined
      : "has `mount` or `path`, which need `from: vault`";
  }
  if (item !== undefined) return "has `item` and `from: vault`; remove one of the two";
  const invalid = fields?.find((field) => !/^[-._a-zA-Z0-9]+$/.test(field));
  return invalid === undefined
    ? undefined
    : `has the field "${invalid}", which is not a valid key of a Secret; rename the key in Vault`;
}
