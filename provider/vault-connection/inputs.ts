import { z } from "zod";
import type { Json } from "../../components/vault/objects.ts";
import { hasSecret, hasUnknown, type PropertyMap, toPlain } from "../rpc/property-values.ts";
import type { CheckFailure } from "../rpc/resource-handler.ts";

/** What Vault has of a connection, or is to get. */
export type ConnectionData = Readonly<Record<string, Json>>;

const schema = z.object({
  app: z.string().min(1),
  /** `postgres/config/wiki` */
  path: z.string().regex(/^[^/]+(\/[^/]+)*\/config\/[^/]+$/, { error: "is not MOUNT/config/NAME" }),
  data: z.record(z.string(), z.json()).refine((data) => !("password" in data), {
    error: "has a password, which must come from the item",
  }),
  /** 1Password item with Vault's own login, as `vault/item`. */
  item: z.string().regex(/^[^/]+\/[^/]+$/, { error: "is not VAULT/ITEM" }),
  /** Write over a connection that this stack did not make. */
  adopt: z.boolean().default(false),
});

const stored = schema.omit({ adopt: true }).extend({
  /** That of the item when its password was written; it is not secret. */
  itemVersion: z.string().optional(),
  /** Vault could not try the login. */
  unverified: z.boolean().optional(),
});

/** The inputs of a VaultConnection. None is secret. */
export type ConnectionInputs = WithData<z.infer<typeof schema>>;

/** In state: the inputs, and after a refresh what Vault has instead. */
export type StoredConnection = WithData<z.infer<typeof stored>>;

type WithData<T> = Readonly<Omit<T, "data">> & { readonly data: ConnectionData };

export function findInputProblems(inputs: PropertyMap): readonly CheckFailure[] {
  if (hasSecret(inputs))
    return [{ property: "data", reason: "has a secret, which state would keep" }];
  const parsed = schema.safeParse(toPlain(inputs));
  if (parsed.success || hasUnknown(inputs)) return [];
  return parsed.error.issues.map(({ path, message }) => ({
    property: path.map(String).join("."),
    reason: message,
  }));
}

/** undefined = a value is not known yet, as in some previews. */
export function parseConnection(inputs: PropertyMap): ConnectionInputs | undefined {
  return schema.safeParse(toPlain(inputs)).data;
}

/** undefined = there is none in state, as in an import. */
export function parseStored(state: PropertyMap): StoredConnection | undefined {
  return stored.safeParse(toPlain(state)).data;
}
