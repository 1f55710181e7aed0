import { z } from "zod";
import { PgName } from "./primitives.ts";

/** The keys of the stack file that decide what may be lost: what is dropped, and what is made anew. */

/** Under `postgres`. */
export const retirementKeys = {
  confirmDelete: z
    .array(PgName)
    .describe(
      "Databases that may be dropped when their app leaves. Each takes reclaimPolicy: delete in its app's last entry as well.",
    ),
  dumpDirectory: z
    .string()
    .min(1)
    .describe(
      "Folder, relative to the project's, that pg_dump writes a database to before it is dropped. Default: none is dumped.",
    ),
};

/** In an app's entry. */
export const reclaimPolicyKey = z
  .enum(["retain", "delete"])
  .describe(
    "What becomes of the database and its roles when the app leaves the stack: retain, or delete, which takes the database's name in berth:postgres.confirmDelete as well. With delete a role that leaves the entry is dropped, too, and what it owns goes to the owner. Default: retain.",
  );

/** Under `database` in an app's entry. */
export const recreateKey = z
  .boolean()
  .describe(
    "Make a new, empty database where the one that was there is gone. Default: false, which is an error.",
  );
