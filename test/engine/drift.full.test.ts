import { beforeAll, expect, it } from "vitest";
import { keepSafe, useBed } from "./use-bed.ts";

/** What somebody changed by hand, as `preview --refresh` shows it. The admin is a superuser, who alone may see passwords. */

const bed = useBed({ isAdminSuperuser: true });
keepSafe(bed);

beforeAll(async () => {
  await bed.bringUp();
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
  await bed.bringUp();
  for (const item of ["netbox-db-credentials", "basketball-admin-db-credentials"]) {
    const login = bed.login(item);
    await bed.sqlAs(login, login.name === "netbox" ? "netbox" : "basketball", "select 1");
  }
  expect((await bed.preview("--refresh", "--expect-no-changes")).exitCode).toBe(0);
});
