import type { StackSpec } from "../spec.ts";
import { reservedReason } from "./names.ts";

/**
 * Problems with the settings for dropping databases, each with its key path. A confirmation that
 * contradicts an entry is refused: it would take effect only when the entry is gone.
 */
export function findRetirementProblems(spec: StackSpec): string[] {
  return [
    ...spec.postgres.confirmDelete.flatMap((name) => {
      const at = `berth:postgres.confirmDelete: "${name}"`;
      const reason = reservedReason(name, spec);
      if (reason !== undefined)
        return [`${at} ${reason}; Berth never drops it, so remove the name`];
      const app = spec.apps.find(({ database }) => database.names.includes(name));
      if (app === undefined || app.reclaimPolicy === "delete") return [];
      return [
        `${at} is the database of app ${app.name}, and berth:apps.${app.name}.reclaimPolicy is retain; remove the name, or set the policy to delete`,
      ];
    }),
    ...spec.apps
      .filter((app) => app.reclaimPolicy === "delete" && app.provisioner !== "berth")
      .map(
        (app) =>
          `berth:apps.${app.name}.reclaimPolicy: got "delete"; provisioner "${app.provisioner}" allows only retain, because ${app.provisioner === "job" ? "a Job drops nothing" : "its delete would end every session and drop at once"}; ` +
          `set berth:apps.${app.name}.provisioner to berth, which keeps what is there`,
      ),
  ];
}
