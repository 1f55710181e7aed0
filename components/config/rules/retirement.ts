import { type Problem, problemAt } from "../../errors.ts";
import type { StackSpec } from "../spec.ts";
import { reservedReason } from "./names.ts";

/** A confirmation that contradicts an entry is refused: it would take effect only when the entry is gone. */
export function findRetirementProblems(spec: StackSpec): Problem[] {
  return [
    ...spec.postgres.confirmDelete.flatMap((name) => {
      const at = "berth:postgres.confirmDelete";
      const reason = reservedReason(name, spec);
      if (reason !== undefined)
        return [problemAt(at, `"${name}" ${reason}; Berth never drops it, so remove the name`)];
      const app = spec.apps.find(({ database }) => database.names.includes(name));
      if (app === undefined || app.reclaimPolicy === "delete") return [];
      return [
        problemAt(
          at,
          `"${name}" is the database of app ${app.name}, and berth:apps.${app.name}.reclaimPolicy is retain; remove the name, or set the policy to delete`,
        ),
      ];
    }),
    ...spec.apps
      .filter((app) => app.reclaimPolicy === "delete" && app.provisioner !== "berth")
      .map((app) =>
        problemAt(
          `berth:apps.${app.name}.reclaimPolicy`,
          `got "delete"; provisioner "${app.provisioner}" allows only retain, because ${app.provisioner === "job" ? "a Job drops nothing" : "its delete would end every session and drop at once"}; set berth:apps.${app.name}.provisioner to berth, which keeps what is there`,
        ),
      ),
  ];
}
