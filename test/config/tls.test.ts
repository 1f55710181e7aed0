import { expect, test } from "vitest";
import { parseStack } from "../../components/config/parse.ts";
import {
  planItemRequests,
  readAdmin,
  refuseReservedAdmin,
} from "../../components/onepassword/stack-items.ts";
import { findProblems, makeSpec, writeStack } from "../fakes/stack.ts";

const noItems = (): never => {
  throw new Error("an item was read");
};

test("verify-ca needs a CA, since of the system's any would do for any name", () => {
  expect(findProblems(writeStack({}, { tls: { mode: "verify-ca" } }))).toEqual([
    'berth:postgres.tls: {"mode":"verify-ca"} with mode verify-ca give `ca`, the PEM file with the server\'s CA',
  ]);
  const { postgres } = parseStack(
    "prod",
    writeStack({}, { tls: { mode: "verify-ca", ca: "ca.pem" } }),
  );
  expect(postgres.tls).toMatchObject({ mode: "verify-ca", caFile: "ca.pem" });
});

test("a client certificate comes with its key, and with TLS", () => {
  const find = (tls: object, apps: object = {}) => findProblems(writeStack(apps, { tls }));
  expect(find({ cert: "admin.pem" })).toEqual([
    'berth:postgres.tls: {"cert":"admin.pem"} give both `cert` and `key`, or neither',
  ]);
  expect(find({ mode: "disable", cert: "a.pem", key: "a.key" })).toEqual([
    'berth:postgres.tls: {"mode":"disable","cert":"a.pem","key":"a.key"} with mode disable there is no TLS, so `cert` and `key` have no effect; remove them',
  ]);
  const { postgres } = makeSpec({}, { tls: { cert: "a.pem", key: "a.key" } });
  expect(postgres.tls.client).toEqual({ certFile: "a.pem", keyFile: "a.key" });
  const job = { provisioner: "job", delivery: "cluster" };
  expect(find({ cert: "a.pem", key: "a.key" }, { wiki: job }).join()).toContain(
    "berth:postgres.tls.cert: a Job cannot use it, because its key would have to be in the cluster; remove cert and key, or set provisioner to berth for wiki",
  );
});

test("an admin that the stack file names has a certificate, and no item", () => {
  const tls = { cert: "a.pem", key: "a.key" };
  const find = (postgres: Record<string, unknown>) => findProblems(writeStack({}, postgres)).join();
  expect(find({ adminUser: "boss" })).toContain(
    "with adminUser give tls.cert and tls.key, by which that role logs in",
  );
  expect(find({ adminUser: "boss", adminItem: "boss", tls })).toContain(
    "has both adminItem and adminUser; a role with a password has the item alone",
  );
  const spec = makeSpec({ wiki: {} }, { adminUser: "boss", tls });
  expect(planItemRequests(spec).map(({ wantedBy }) => wantedBy)).toEqual(["app wiki"]);
  const usual = makeSpec({ wiki: {} }, { tls });
  expect(planItemRequests(usual).map(({ wantedBy }) => wantedBy)).toEqual(["admin", "app wiki"]);
  expect(readAdmin(spec, noItems).username).toBe("boss");
  refuseReservedAdmin(spec, readAdmin(spec, noItems));
  const own = makeSpec({ wiki: { owner: { name: "boss" } } }, { adminUser: "boss", tls });
  expect(() => {
    refuseReservedAdmin(own, readAdmin(own, noItems));
  }).toThrow('role "boss" is the admin role');
});
