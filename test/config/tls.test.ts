import { expect, test } from "vitest";
import { parseStack } from "../../components/config/parse.ts";
import { findProblems, writeStack } from "../fakes/stack.ts";

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
