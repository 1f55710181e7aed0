import { hasItem, roleNamesOf } from "../config/logins.ts";
import type { ItemRef, RoleSpec, StackSpec } from "../config/spec.ts";
import { BerthError } from "../errors.ts";
import { Credential } from "./credential.ts";
import type { Item, ReadItem } from "./item.ts";
import { type ItemRequest, type Items, type ReadOptions, readItems } from "./read-items.ts";

/** Everything that a stack needs of 1Password, read and checked. */
export interface StackItems {
  readonly item: Items;
  readonly admin: Credential;
  readonly credential: (role: RoleSpec) => Credential;
}

/** Reads the items of a whole stack; see `readItems` for errors. */
export async function readStackItems(
  spec: StackSpec,
  readItem: ReadItem,
  options?: ReadOptions,
): Promise<StackItems> {
  const item = await readItems(planItemRequests(spec), readItem, options);
  const admin = readAdmin(spec, item);
  refuseReservedAdmin(spec, admin);
  return { item, admin, credential: (role) => toCredential(item(role.item)) };
}

/** The admin's credential, once its item has been read. */
export function readAdmin(spec: StackSpec, item: Items): Credential {
  return toCredential(item(spec.postgres.admin));
}

const login = ["username", "password"];

/** What Berth needs of the admin's item. */
export function toAdminRequest(ref: ItemRef): ItemRequest {
  return { ref, wantedBy: "admin", fields: login };
}

/** What a stack needs of 1Password; the admin's item comes first. Pure. */
export function planItemRequests(spec: StackSpec): ItemRequest[] {
  return [
    toAdminRequest(spec.postgres.admin),
    ...spec.apps.flatMap((app) => [
      ...app.roles.filter(hasItem).map((role) => ({
        ref: role.item,
        wantedBy: `app ${app.name}`,
        fields: login,
        ...toUsernames(app.name, role),
      })),
      ...app.secrets.map(({ item, fields }) => ({
        ref: item,
        wantedBy: `app ${app.name}`,
        fields,
      })),
    ]),
  ];
}

/** The owner's own name is that of an app which logged in with it before its two logins came. */
function toUsernames(
  app: string,
  { name, logins }: RoleSpec,
): Pick<ItemRequest, "username" | "turns"> {
  const [first, ...others] = logins ?? [];
  if (first === undefined) return { username: name };
  const fix = `if that role owns the database so far, set berth:apps.${app}.owner.name to it and leave the item as it is`;
  return { username: first, turns: { usernames: [...others, name], fix } };
}

/** An app must not take the admin role for its own, or be a member of it; its name is known only now. */
function refuseReservedAdmin(spec: StackSpec, admin: Credential): void {
  for (const app of spec.apps) {
    for (const role of app.roles) {
      const key = `berth:apps.${app.name}.${role.key === "owner" ? "owner" : `roles.${role.key}`}`;
      if (roleNamesOf({ roles: [role] }).includes(admin.username)) {
        const field = role.name === admin.username ? "name" : "logins";
        throw new BerthError(`app ${app.name}: role "${admin.username}" is the admin role itself`, {
          hint: `give it another name: ${key}.${field}`,
        });
      }
      if (role.memberOf.includes(admin.username)) {
        throw new BerthError(
          `app ${app.name}: role "${role.name}" would be a member of "${admin.username}", which is the admin role`,
          { hint: `take it out of ${key}.memberOf` },
        );
      }
    }
  }
}

/** The login that an item holds. */
export function toCredential(item: Item): Credential {
  const username = item.revealField("username") ?? "";
  return new Credential(username, item.revealField("password") ?? "", item.itemId);
}
