import { z } from "zod";
import { PgName, Text } from "../primitives.ts";

/** Under `postgres`. */
export const retirementKeys = {
  confirmDelete: z
    .array(PgName)
    .describe(
      "Databases that may be dropped when their app leaves the stack. The app's last entry must have reclaimPolicy: delete, too.",
    ),
  dumpDirectory: Text.describe(
    "Folder for a pg_dump of each database before it is dropped, relative to the project folder. Default: no dump.",
  ),
};

/** In an app's entry. */
export const reclaimPolicyKey = z
  .enum(["retain", "delete"])
  .describe(
    "What happens to the database and its roles when the app leaves the stack: retain, or delete, which also needs the database's name in berth:postgres.confirmDelete. With delete, a role that you remove from the entry is dropped, too, and the owner gets what it owns. Default: retain.",
  );

/** Under `database` in an app's entry. */
export const recreateKey = z
  .boolean()
  .describe(
    "Create a new, empty database if the old one is gone. With false Berth stops with an error. Default: false.",
  );
