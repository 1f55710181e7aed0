import { z } from "zod";
import { Privileges } from "./database.ts";
import { ConnectionLimit, DnsLabel, ItemName, PgName, Scram } from "./primitives.ts";

/** The keys of an entry that say which roles an app has. */

const roleSettings = {
  name: PgName.describe("Name of the role."),
  item: ItemName.describe("1Password item with `username` and `password`."),
  secret: DnsLabel.describe(
    "Kubernetes Secret that brings the credential to the pods. Default: the item.",
  ),
  namespace: DnsLabel.describe("Namespace of that Secret. Default: the app's."),
  connectionLimit: ConnectionLimit.describe(
    "Connections of the role at a time. Default: -1, no limit.",
  ),
  memberOf: z.array(PgName).describe("Further roles that it is a member of."),
  searchPath: z.array(PgName).describe("search_path of the role. Default: the server's."),
  scram: Scram.describe(
    "Iterations and salt of an adopted role's verifier, so that a password which stays the same stays as it is stored. Default: made from the password.",
  ),
};

/** The role that owns the database. */
export const Owner = z
  .strictObject({
    ...roleSettings,
    rotation: z
      .enum(["in-place", "two-logins"])
      .describe(
        "in-place: the owner logs in, and a new password takes the place of the old one. two-logins: the owner has no login; two logins act as it in turn, so that the old password works until nobody uses it. Default: in-place.",
      ),
    logins: z
      .tuple([PgName, PgName])
      .describe("Names of the two logins. Default: <app>_a and <app>_b, with `-` as `_`."),
  })
  .partial()
  .refine((owner) => owner.logins === undefined || owner.rotation === "two-logins", {
    error: "has `logins`, which need `rotation: two-logins`",
  });

/** A further login role. */
export const ScopedRole = z
  .strictObject({
    ...roleSettings,
    profile: z
      .enum(["readwrite", "readonly"])
      .describe("readwrite: SELECT, INSERT, UPDATE, DELETE. readonly: SELECT. No DDL in either."),
    privileges: Privileges.describe("Privileges on top of the profile's, or instead of a profile."),
  })
  .partial()
  .refine((role) => role.profile !== undefined || role.privileges !== undefined, {
    error: "give a `profile` (readwrite, readonly), `privileges`, or both",
  });
