import { describe, expect, it } from "vitest";
import { fillValues } from "../../components/config/rules/manifests/values.ts";
import { findUnknownKeys, NETBOX_VALUES } from "./netbox-values.ts";
import { makeStack, NETBOX } from "./stack.ts";

describe("the NetBox values", () => {
  it("use only keys of chart 8.3.61", () => {
    expect(findUnknownKeys(NETBOX_VALUES)).toEqual([]);
  });

  it("would be found to use keys that the chart never had", () => {
    const wrong = { externalRedis: {}, externalDatabase: { existingSecret: "x" } };
    expect(findUnknownKeys(wrong)).toEqual(["externalRedis", "externalDatabase.existingSecret"]);
  });

  it("become NetBox's place on the shared server", () => {
    const spec = makeStack([NETBOX]);
    const { values, problems } = fillValues(spec, NETBOX, () => undefined);
    expect(problems).toEqual([]);
    expect(values["externalDatabase"]).toEqual({
      host: "postgres-postgresql.db-postgres.svc.cluster.local",
      port: 5432,
      database: "netbox",
      username: "netbox",
      existingSecretName: "netbox-db-credentials",
      existingSecretKey: "password",
    });
  });
});
