import { afterEach, describe, expect, it } from "vitest";
import { readNeighbour } from "../../dev/neighbour-check.ts";
import { packages } from "../postgres-packages.ts";
import { Bed } from "./bed.ts";

/**
 * Every supported server, with both kinds of admin role: up, nothing left to do, and the proof. One app
 * comes from Berth's own provider, the other from the registry's.
 */

const cases = Object.entries(packages).flatMap(([version, packageName]) => [
  { version, packageName, admin: "CREATEROLE and CREATEDB", isAdminSuperuser: false },
  { version, packageName, admin: "a superuser", isAdminSuperuser: true },
]);

let bed: Bed | undefined;

afterEach(async () => {
  await bed?.close();
  bed = undefined;
});

describe("Postgres", () => {
  it.each(cases)("$version with $admin as admin", async (tried) => {
    const { version, packageName, isAdminSuperuser } = tried;
    bed = await Bed.open({ packageName, isAdminSuperuser });
    await bed.addLogin("netbox-reports-db-credentials", "reports", "Canary0Reports0Password");
    bed.configure((config) => {
      const { netbox, ...others } = config["berth:apps"];
      const roles = { reports: { profile: "readonly", name: "reports" } };
      const stock = { ...(netbox as object), roles, provisioner: "postgresql" };
      config["berth:apps"] = { ...others, netbox: stock };
    });
    const before = await readNeighbour(bed.sandbox);
    const up = await bed.bringUp();
    expect(up).not.toContain("error");
    await bed.expectNoChanges();
    const { apps } = await bed.verify();
    const failed = apps.flatMap(({ checks }) => checks.filter((check) => !check.ok));
    // On 14 only a superuser can close schema public; up and verify say so to anyone else.
    const isOpen = version === "14" && !isAdminSuperuser;
    const failing = (role: string, database: string): string[] => [
      `${role}: privileges in ${database}`,
      `${role}: cannot create a table`,
      `PUBLIC: has no privileges on ${database}`,
    ];
    expect(failed.map((check) => check.name)).toEqual([
      ...(isOpen ? failing("admin_app", "basketball") : []),
      // The registry's resources do not close it at all.
      ...(version === "14" ? failing("reports", "netbox") : []),
    ]);
    expect(up.includes("REVOKE CREATE ON SCHEMA public")).toBe(isOpen);
    expect(await readNeighbour(bed.sandbox)).toBe(before);
  });
});
