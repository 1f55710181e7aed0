import { commandLine } from "../command-line.ts";
import { rolePath } from "../config/derive/names.ts";
import { keysInItem } from "../config/login-keys.ts";
import { hasItem, roleNamesOf, usesItem } from "../config/logins.ts";
import { type ItemRef, isItemId } from "../config/spec/item.ts";
import type { PostgresSpec } from "../config/spec/postgres.ts";
import type { AppSpec, RoleSpec, StackSpec } from "../config/spec.ts";
import { BerthError } from "../errors.ts";
import { when } from "../when.ts";
import { Credential } from "./credential.ts";
import { type Item, type ReadItem } from "./item.ts";
import type { ItemRequest } from "./item-request.ts";
import { type Items, readItems } from "./read-items.ts";

/** Everything that a stack needs from 1Password, read and checked. */
export interface StackItems {
  readonly item: Items;
  readonly admin: Credential;
  readonly credential: (role: RoleSpec) => Credential;
}

/** Reads the items of a whole stack; see `readItems` for errors. */
export async function readStackItems(spec: StackSpec, readItem: ReadItem): Promise<StackItems> {
  const item = await readItems(planItemRequests(spec), readItem);
  const admin = readAdmin(spec, item);
  refuseReservedAdmin(spec, admin);
  return { item, admin, credential: (role) => toCredential(item(role.item), role) };
}

/** The admin's credential. Its item, if it has one, must be among `item`. */
export function readAdmin({ postgres }: Pick<StackSpec, "postgres">, item: Items): Credential {
  return toAdminWithoutItem(postgres) ?? toCredential(item(postgres.admin));
}

/** The admin that logs in with a client certificate; undefined = it has an item. */
export function toAdminWithoutItem({
  adminUser,
}: Pick<PostgresSpec, "adminUser">): Credential | undefined {
  return adminUser === undefined ? undefined : new Credential(adminUser, "");
}

const login = ["username", "password"];

export function toAdminRequest(ref: ItemRef): ItemRequest {
  return { ref, wantedBy: "admin", fields: login };
}

/** The items that a stack needs from 1Password; the admin's item, if it has one, comes first. */
export function planItemRequests(spec: StackSpec): ItemRequest[] {
  // A Job logs in with the Secret that is made of the item.
  const isCopied =
    spec.secrets.through === "onepassword-item" &&
    spec.apps.some(({ provisioner }) => provisioner === "job");
  return [
    ...when(spec.postgres.adminUser === undefined, {
      ...toAdminRequest(spec.postgres.admin),
      ...(isCopied ? { isCopied } : {}),
    }),
    ...spec.apps.flatMap((app) => [
      ...app.roles.filter(hasItem).map((role) => ({
        ref: role.item,
        wantedBy: `app ${app.name}`,
        fields: [role.fields.username, role.fields.password].filter((one) => one !== undefined),
        ...toLabels(role),
        ...toUsernames(app.name, role),
        ...toKeyFields(spec, app, role),
        ...toMaking(spec, app, role),
        ...toCopied(app),
      })),
      ...app.secrets.filter(usesItem).map(({ item, fields, files }) => ({
        ref: item,
        wantedBy: `app ${app.name}`,
        fields,
        files,
        ...toCopied(app),
      })),
      ...app.secrets
        .flatMap(({ keys }) => keys)
        .map(({ item, field, isFile = false }) => ({
          ref: item,
          wantedBy: `app ${app.name}`,
          fields: isFile ? [] : [field],
          files: isFile ? [field] : [],
        })),
    ]),
  ];
}

function toCopied({ secretsThrough, delivery }: AppSpec): Pick<ItemRequest, "isCopied"> {
  return secretsThrough === "onepassword-item" && delivery !== "none" ? { isCopied: true } : {};
}

/** An adopted role has a password that people use, and an item that is named by its id exists or not. */
function toMaking(
  { stack }: StackSpec,
  { name, adopt }: AppSpec,
  { item }: RoleSpec,
): Pick<ItemRequest, "isPasswordInUse" | "makeCommand"> {
  if (adopt) return { isPasswordInUse: true };
  return isItemId(item.item) ? {} : { makeCommand: commandLine("add", `${name} --stack ${stack}`) };
}

/** With two logins the owner's own name is allowed, too: the app may have logged in with it before. */
function toUsernames(
  app: string,
  { name, logins, fields }: RoleSpec,
): Pick<ItemRequest, "username" | "otherLogins"> {
  const [first, ...others] = logins ?? [];
  if (fields.username === undefined) return {};
  if (first === undefined) return { username: name };
  const fix = `if that role owns the database now, set berth:apps.${app}.owner.name to its name and keep the item`;
  return { username: first, otherLogins: { usernames: [...others, name], fix } };
}

function toKeyFields(
  { stack }: StackSpec,
  app: AppSpec,
  role: RoleSpec,
): Pick<ItemRequest, "keyFields"> {
  const keys = keysInItem(app, role);
  if (keys.length === 0) return {};
  const option = role.key === "owner" ? "" : ` --role ${role.key}`;
  const fix =
    `${commandLine("rotate", `${app.name} --stack ${stack}${option} --keys`)} writes them and leaves the password; ` +
    `where Berth may not write items, set berth:apps.${app.name}.secretsThrough to external-secret, which makes the keys itself`;
  return { keyFields: { keys, role, fix } };
}

/** No role of an app may be the admin role or a member of it. The admin's name is known only from its item. */
export function refuseReservedAdmin(spec: StackSpec, admin: Credential): void {
  for (const app of spec.apps) {
    for (const role of app.roles) {
      const key = `berth:apps.${app.name}.${rolePath(role.key)}`;
      if (roleNamesOf({ roles: [role] }).includes(admin.username)) {
        const field = role.name === admin.username ? "name" : "logins";
        throw new BerthError(`app ${app.name}: role "${admin.username}" is the admin role`, {
          hint: `set ${key}.${field} to another name`,
        });
      }
      if (role.memberOf.includes(admin.username)) {
        throw new BerthError(
          `app ${app.name}: role "${role.name}" would be a member of the admin role "${admin.username}"`,
          { hint: `remove it from ${key}.memberOf` },
        );
      }
    }
  }
}

/** The login that an item holds for a role, or for the admin. */
export function toCredential(item: Item, role?: Pick<RoleSpec, "fields" | "name">): Credential {
  const { username, password } = role?.fields ?? { username: "username", password: "password" };
  const name = username === undefined ? role?.name : item.revealField(username);
  return new Credential(name ?? "", item.revealField(password) ?? "", item.itemId);
}

/** The labels, where they are other than usual. */
function toLabels({ fields }: RoleSpec): Pick<ItemRequest, "labels"> {
  const isUsual = fields.username === "username" && fields.password === "password";
  return isUsual ? {} : { labels: fields };
}
