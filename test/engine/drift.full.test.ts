import { beforeAll, expect, it } from "vitest";
import { readNeighbour } from "../../dev/neighbour-check.ts";
import { useBed } from "./use-bed.ts";

/** What somebody changed by hand, as `preview --refresh` shows it. The admin is a superuser, who alone may see passwords. */

const bed = useBed({ isAdminSuperuser: true });
let neighbourBefore: string;
const changed = /\d+ (created|updated|deleted|replaced)/;

beforeAll(async () => {
  neighbourBefore = await readNeighbour(bed.sandbox);
  expect((await bed.up()).exitCode).toBe(0);
});

it("names a changed password, changed attributes and a dropped role by the app's properties, and up repairs them", async () => {
  await bed.sql("alter role netbox password 'changed by hand'");
  await bed.sql("alter role netbox createdb valid until '2020-01-01'");
  await bed.sql("alter role basketball connection limit 2");
  await bed.sql("drop owned by admin_app", "basketball");
  await bed.sql("drop role admin_app");
  const { exitCode, output } = await bed.preview("--refresh");
  expect(exitCode, output).toBe(0);
  for (const line of [
    "verifiers.owner: role netbox gets the password from 1Password",
    "roles.owner.attributes: role netbox becomes NOCREATEDB VALID UNTIL 'infinity'",
    "roles.owner.connectionLimit: role basketball gets connection limit -1",
    "roles.admin: role admin_app is created",
  ]) {
    expect(output).toContain(line);
  }
  expect((await bed.up()).exitCode).toBe(0);
  for (const item of ["netbox-db-credentials", "basketball-admin-db-credentials"]) {
    const login = bed.login(item);
    await bed.sqlAs(login, login.name === "netbox" ? "netbox" : "basketball", "select 1");
  }
  expect((await bed.preview("--refresh", "--expect-no-changes")).exitCode).toBe(0);
});

it("stops for a database that is gone, and makes an empty one only where the entry says so", async () => {
  await bed.sql("drop database netbox");
  for (const run of [
    () => bed.preview("--refresh"),
    () => bed.preview(),
    () => bed.up(),
    () => bed.pulumi(["refresh", "--yes", "--skip-preview"]),
  ]) {
    const { exitCode, output } = await run();
    expect(exitCode).not.toBe(0);
    expect(output).toContain('app netbox: database "netbox" was there and is gone');
    expect(output).toContain("berth:apps.netbox.database.recreate");
  }
  expect(await bed.sql("select from pg_database where datname = 'netbox'")).toEqual([]);
  const restore = bed.configure((config) => {
    config["berth:apps"]["netbox"] = {
      ...(config["berth:apps"]["netbox"] as object),
      database: { recreate: true },
    };
  });
  // Not with --refresh: a refresh knows only what state says, where the key is not yet.
  const preview = await bed.preview();
  expect(preview.output).toContain("database: database netbox is created");
  expect((await bed.up()).exitCode).toBe(0);
  await bed.sqlAs(bed.login("netbox-db-credentials"), "netbox", "select 1");
  restore();
  expect((await bed.up()).output).not.toMatch(changed);
});

it("left the neighbour byte for byte as it was", async () => {
  expect(await readNeighbour(bed.sandbox)).toBe(neighbourBefore);
});
