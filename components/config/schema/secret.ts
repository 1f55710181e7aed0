import { z } from "zod";
import { GenerateValue } from "./generate.ts";
import { DnsLabel, ItemName, refuse, Text } from "./primitives.ts";
import { keyNameProblem, SecretKeyName } from "./secret-keys.ts";
import { VaultPath } from "./vault/names.ts";

/** As Go prints a duration. */
const Interval = z
  .string()
  .regex(/^\d+h\d+m\d+s$/, { error: "is not a duration; write it as 1h0m0s" });

/** With none External Secrets reads an item once, whatever it is asked for later. */
export const LoginInterval = Interval.refine((text) => /[1-9]/.test(text), {
  error: "would keep a rotated password from the Secret for ever; write it as 1h0m0s",
});

/** How one Secret is made, for roles and for further Secrets. */
export const secretSettings = {
  type: z
    .string()
    .regex(/^[A-Za-z0-9./-]+$/, { error: "is not a type of Secret; write it as kubernetes.io/tls" })
    .describe("Type of the Secret. It cannot be changed later. Default: Opaque."),
  refreshInterval: Interval.describe(
    "How often External Secrets reads it; 0h0m0s: once. Default: berth:secrets.refreshInterval.",
  ),
  creationPolicy: z
    .enum(["Owner", "Orphan", "Merge"])
    .describe(
      "For External Secrets. Owner: it makes the Secret, which goes with the object. Orphan: the Secret stays. Merge: it adds keys to a Secret that exists. Default: Owner.",
    ),
  deletionPolicy: z
    .enum(["Retain", "Delete", "Merge"])
    .describe(
      "What External Secrets does with the Secret when `find` finds no more fields. Retain: nothing. Delete: it deletes the Secret. Merge: it removes the keys. Without `find` a missing item or field is an error, and the Secret stays. Default: Retain.",
    ),
};

const externalSettings = [
  "refreshInterval",
  "creationPolicy",
  "deletionPolicy",
  "keys",
  "find",
  "rewrite",
] as const;

/** An item: its title or id, or where it is. */
const ItemPlace = z.union([
  ItemName,
  z
    .strictObject({
      title: ItemName.describe("Title or id of the item. Default: the Secret's name."),
      vault: ItemName.describe("Vault of the item. Default: berth:onepassword.vault."),
    })
    .partial(),
]);

export const Label = z.string().min(1, { error: "is empty" });

const NamedFields = z
  .record(
    z.string(),
    z
      .union([
        Label,
        z
          .strictObject({
            item: ItemName.describe("Title or id of another item. Default: that of the Secret."),
            vault: ItemName.describe("Vault of the item. Default: that of the Secret's item."),
            field: Label.describe("Label of the field."),
            file: Label.describe("Name of an attached file, in place of `field`."),
          })
          .partial()
          .refine(({ field, file }) => (field === undefined) !== (file === undefined), {
            error: "needs either `field` or `file`",
          }),
      ])
      .describe("Label of a field of the item, or where another field or file is."),
  )
  .check((ctx) => {
    for (const name of Object.keys(ctx.value)) {
      const message = keyNameProblem(name);
      if (message !== undefined) {
        ctx.issues.push({ code: "custom", message, input: name, path: [name], continue: true });
      }
    }
  });

/** Expressions of Go, which knows less than JavaScript: no look-around and no back references. */
const Pattern = z.string().check(refuse(patternProblem));

function patternProblem(text: string): string | undefined {
  if (/\(\?<?[=!]|\\[1-9]/.test(text))
    return "has look-around or a back reference, which Go does not know";
  try {
    new RegExp(text.replace(/^\(\?[imsU]+\)/, ""));
    return undefined;
  } catch {
    return "is not a regular expression";
  }
}

const SecretEntry = z
  .strictObject({
    from: z
      .enum(["onepassword", "vault"])
      .describe(
        "Where the values are: in a 1Password item, or in a KV secret of Vault. Default: onepassword.",
      ),
    item: ItemPlace.describe("1Password item. Default: the Secret's name."),
    mount: VaultPath.describe(
      "With `from: vault`: mount of the KV engine. Default: berth:secrets.vault.kvMount.",
    ),
    path: VaultPath.describe(
      "With `from: vault`: path in the engine, without data/. Default: <app>/<Secret>; a Secret's name loses the prefix <app>-.",
    ),
    fields: z
      .array(Text)
      .describe("Fields the item must have. With `from: vault`: keys to copy. Default: all."),
    generate: z
      .record(
        z.string().regex(/^[-._a-zA-Z0-9]+$/, { error: "is not a key of a Secret" }),
        GenerateValue.describe("How the value is made."),
      )
      .describe(
        "With `from: vault`: values that `add` makes in Vault, by key, where the secret has none. Default: none.",
      ),
    files: z
      .array(SecretKeyName)
      .describe("Files attached to the item that it must have. Each is a key under its own name."),
    keys: NamedFields.describe(
      "Keys with names of their own, each with the label of a field, or with item, vault and field or file (an attached one). Needs External Secrets.",
    ),
    find: Pattern.describe(
      "Bring the item's fields whose label matches this expression. Needs External Secrets.",
    ),
    rewrite: z
      .array(
        z.strictObject({
          source: Pattern.describe("Expression for a part of the key."),
          target: z.string().describe("Text in place of that; $1 is its first group."),
        }),
      )
      .describe("With `find`: replaces what `source` matches in the keys by `target`."),
    ...secretSettings,
    namespace: DnsLabel.describe("Namespace of the Secret. Default: the app's."),
  })
  .partial();

/** One Secret under `secrets` in an app's entry. */
export const Secret = z.union([
  z.array(Text).describe("Fields the item must have."),
  SecretEntry.check(refuse(sourceProblem)),
]);

/** Why the keys of a Secret contradict each other; undefined = they do not. */
function sourceProblem(given: z.infer<typeof SecretEntry>): string | undefined {
  const { from, item, fields } = given;
  if (from !== "vault") {
    if (given.rewrite !== undefined && given.find === undefined)
      return "has `rewrite` without `find`";
    const needsVault = (["mount", "path", "generate"] as const).find((key) => key in given);
    return needsVault === undefined
      ? undefined
      : `has \`${needsVault}\`, which needs \`from: vault\``;
  }
  if (item !== undefined) return "has `item` and `from: vault`; remove one of the two";
  const useless = [...externalSettings, "type", "files"].find((key) => key in given);
  if (useless !== undefined) return `has \`${useless}\` and \`from: vault\`; remove one of the two`;
  const invalid = fields?.find((field) => !/^[-._a-zA-Z0-9]+$/.test(field));
  if (invalid !== undefined)
    return `has the field "${invalid}", which is not a valid key of a Secret; rename the key in Vault`;
  const unused = Object.keys(given.generate ?? {}).find((key) => fields?.includes(key) === false);
  return unused === undefined
    ? undefined
    : `has \`generate\` for "${unused}", which is not in \`fields\`; add it there`;
}
