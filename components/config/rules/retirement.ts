import type { StackSpec } from "../spec.ts";
import { reservedReason } from "./names.ts";

/**
 * What a stack file may not say about dropping, each problem with its key path. A confirmation that
 * contradicts an entry is refused, so that it cannot lie about until the entry is gone.
 */
export function findRetirementProblems(spec: StackSpec): string[] {
  return [
    ...spec.postgres.confirmDelete.flatMap((name) => {
      const at = `berth:postgres.confirmDelete: "${name}"`;
      const reason = reservedReason(name, spec);
      if (reason !== undefined) return [`${at} ${reason}, and is never dropped`];
      const app = spec.apps.find(({ database }) => database.name === name);
      if (app === undefined || app.reclaimPolicy === "delete") return [];
      return [
        `${at} is the database of app ${app.name}, whose berth:apps.${app.name}.reclaimPolicy is retain; take the name out, or set the policy to delete`,
      ];
    }),
    ...spec.apps
      .filter((app) => app.reclaimPolicy === "delete" && app.provisioner !== "berth")
      .map(
        (app) =>
          `berth:apps.${app.name}.reclaimPolicy: got "delete"; with provisioner "${app.provisioner}" allowed is retain, since ${app.provisioner === "job" ? "a Job drops nothing" : "its delete would end every session and drop at once"}; ` +
          `set berth:apps.${app.name}.provisioner to berth, which makes nothing anew`,
      ),
  ];
}
