import { z } from "zod";
import { ownershipRoleName } from "../../components/config/derive/names.ts";
import type { ItemRef } from "../../components/config/spec/item.ts";
import type { EndpointSpec, StackIdentity } from "../../components/config/spec/postgres.ts";
import { BerthError } from "../../components/errors.ts";
import { Credential } from "../../components/onepassword/credential.ts";
import type { PostgresConfig } from "../../components/postgres/server/config.ts";
import { isPropertyMap, type PropertyMap, toPlain } from "../rpc/property-values.ts";

const Text = z.string().min(1);
/** `vault/item`. */
const Item = z.string().regex(/^[^/]+\/[^/]+$/);
const Endpoint = z.discriminatedUnion("kind", [
  z.strictObject({ kind: z.literal("direct"), host: Text, port: z.int() }),
  z.strictObject({
    kind: z.literal("kubernetes"),
    kubeconfig: Text.optional(),
    context: Text.optional(),
    namespace: Text,
    target: z.strictObject({ kind: z.enum(["service", "pod", "selector"]), name: Text }),
    port: z.int(),
    localPort: z.int(),
  }),
]);
const Stack = z.object({
  id: Text,
  name: Text,
  former: z.array(Text).optional(),
  unmarked: Text.optional(),
});
const Postgres = z.strictObject({
  endpoint: Endpoint,
  tls: z.strictObject({
    mode: z.enum(["disable", "require", "verify-ca", "verify-full"]),
    caFile: Text.optional(),
    serverName: z.string(),
    client: z.strictObject({ certFile: Text, keyFile: Text }).optional(),
  }),
  maintenanceDatabase: Text,
  systemIdentifier: Text.optional(),
  reserved: z.array(z.string()),
  ownershipRole: Text,
  connectionLimit: z.int().min(3),
  compareInside: z.boolean().default(true),
  confirmDelete: z.array(Text).default([]),
  dumpDirectory: Text.optional(),
  /** undefined = the admin logs in with a client certificate. */
  adminItem: Item.optional(),
  username: Text,
});

export type ReadAdmin = (ref: ItemRef) => Promise<Credential>;

/** Whether a configuration has the keys of the stack file, as the default provider's has in an import. */
export function isStackConfig(config: PropertyMap): boolean {
  return config["apps"] !== undefined;
}

/**
 * Reads the provider's arguments; undefined = there are none, because no app uses this provider. No error
 * contains a value.
 */
export function parseProviderConfig(
  config: PropertyMap,
  readAdmin: ReadAdmin,
): PostgresConfig | undefined {
  if (isStackConfig(config)) return undefined;
  const given = config["postgres"];
  if (!isPropertyMap(given)) return undefined;
  const parsed = Postgres.safeParse(withNewNames(toPlain(given)));
  if (!parsed.success) {
    const where = parsed.error.issues.map(({ path }) => `postgres.${path.map(String).join(".")}`);
    throw new BerthError(`Berth's provider cannot use its arguments: ${where.join(", ")}`, {
      hint: "make the provider with new BerthProvider(name, { postgres: toProviderPostgres(…) })",
    });
  }
  const { endpoint, tls, systemIdentifier, dumpDirectory, adminItem, ...rest } = parsed.data;
  let admin: Promise<Credential> | undefined;
  return {
    ...rest,
    stack: readStack(config),
    endpoint: endpoint as EndpointSpec,
    tls: { ...tls, caFile: tls.caFile },
    systemIdentifier,
    dumpDirectory,
    adminItem,
    // Read once, also after a failure, because 1Password limits the number of requests.
    admin: () => (admin ??= readAdminOf(rest.username, adminItem, readAdmin)),
  };
}

async function readAdminOf(
  username: string,
  adminItem: string | undefined,
  readAdmin: ReadAdmin,
): Promise<Credential> {
  if (adminItem === undefined) return new Credential(username, "");
  const [vault = "", item = ""] = adminItem.split("/");
  return await readAdmin({ vault, item });
}

function readStack(config: PropertyMap): StackIdentity | undefined {
  return Stack.safeParse(toPlain(config["stack"] ?? {})).data;
}

/** What state may have of the server, under the names of all versions. */
const Before = z.object({
  ownershipRole: Text.optional(),
  markerRole: Text.optional(),
  systemIdentifier: Text.optional(),
});

/**
 * Adds to the provider's arguments what only the stack's own state knows, which survives a new name and a new
 * passphrase: the stack's former ids; its ownership role, unless the stack file names one; and whether it used
 * that role when ownership roles had no comment yet. The ownership role is kept for the same server only.
 */
export function keepIdentity(olds: PropertyMap, news: PropertyMap): PropertyMap {
  const stack = readStack(news);
  const given = news["postgres"];
  if (stack === undefined) return news;
  const read = (postgres: PropertyMap[string] | undefined) =>
    Before.safeParse(toPlain(postgres ?? {})).data ?? {};
  const [before, now] = [read(olds["postgres"]), read(given)];
  const known = readStack(olds);
  const ids = [...(known?.former ?? []), ...(known === undefined ? [] : [known.id])];
  const former = [...new Set(ids)].filter((id) => id !== stack.id);
  const isSameServer =
    now.systemIdentifier !== undefined && now.systemIdentifier === before.systemIdentifier;
  const used = isSameServer ? (before.ownershipRole ?? before.markerRole) : undefined;
  const unmarked = known === undefined ? used : isSameServer ? known.unmarked : undefined;
  const isDefault = now.ownershipRole === ownershipRoleName(stack.name.split("/").at(-1) ?? "");
  return {
    ...news,
    stack: {
      id: stack.id,
      name: stack.name,
      ...(former.length === 0 ? {} : { former }),
      ...(unmarked === undefined ? {} : { unmarked }),
    },
    ...(isPropertyMap(given) && isDefault && used !== undefined
      ? { postgres: { ...given, ownershipRole: used } }
      : {}),
  };
}

/**
 * State of an earlier version, which `destroy` and `refresh` use, has `markerRole` for the ownership role, and
 * the admin's password, which is now read from its item.
 */
function withNewNames(given: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const { markerRole, password: _, ...rest } = given;
  return markerRole === undefined ? rest : { ownershipRole: markerRole, ...rest };
}
