import { describe, expect, it } from "vitest";
import { fillPlaceholders } from "../../components/delivery/argocd/helm-values.ts";
import { findUnknownKeys, NETBOX_VALUES } from "./netbox-values.ts";

describe("the NetBox values", () => {
  it("use only keys of chart 8.3.61", () => {
    expect(findUnknownKeys(NETBOX_VALUES)).toEqual([]);
  });

  it("would be found to use keys that the chart never had", () => {
    const wrong = { externalRedis: {}, externalDatabase: { existingSecret: "x" } };
    expect(findUnknownKeys(wrong)).toEqual(["externalRedis", "externalDatabase.existingSecret"]);
  });

  it("become NetBox's place on the shared server", () => {
    const { values, problems } = fillPlaceholders(NETBOX_VALUES, {
      role: "netbox",
      database: "netbox",
      secret: "netbox-db-credentials",
      host: "db",
      port: 5432,
    });
    expect(problems).toEqual([]);
    expect(values["externalDatabase"]).toEqual({
      host: "db",
      port: 5432,
      database: "netbox",
      username: "netbox",
      existingSecretName: "netbox-db-credentials",
      existingSecretKey: "password",
    });
  });
});
