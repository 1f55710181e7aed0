import { beforeAll, beforeEach, expect, test, vi } from "vitest";
import type { ReadItem } from "../../components/onepassword/item.ts";
import { readThroughProvider } from "../../components/onepassword/through-provider.ts";
import { PulumiEngine } from "../fakes/pulumi-engine.ts";

const requested: unknown[] = [];
const prefix = "Client Error: Unable to read item, got error: ";
const engine = new PulumiEngine({
  "onepassword:index/getItem:getItem": (args) => {
    requested.push(args);
    if (args["title"] === "nothing") throw new Error(`${prefix}Found 0 item(s) in vault "v"`);
    return {
      vault: "vault-id",
      uuid: "item-id",
      username: "netbox",
      password: "canary-password",
      noteValue: "",
      sections: [{ label: "app", fields: [{ label: "api_token", value: "canary-token" }] }],
    };
  },
});
let read: ReadItem;

beforeAll(async () => {
  await engine.start();
});

beforeEach(() => {
  read = readThroughProvider();
  requested.splice(0);
});

test("an item has its login, the fields of its sections, and the ids that manifests name", async () => {
  const item = await read({ vault: "Coachlight", item: "netbox-db-credentials" });
  expect(JSON.parse(JSON.stringify(item))).toEqual({
    vaultId: "vault-id",
    itemId: "item-id",
    labels: ["username", "password", "api_token"],
  });
  expect(item.revealField("password")).toBe("canary-password");
});

test("26 letters and digits are an id, and anything else is a title", async () => {
  const id = "2fcbqwe9ndg175zg2dzwftvkpa";
  await read({ vault: "Coachlight", item: id });
  await read({ vault: "Coachlight", item: id.toUpperCase() });
  expect(requested).toMatchObject([{ uuid: id }, { title: id.toUpperCase() }]);
});

test("a vault's id is used as soon as it is known, since a name costs a request each time", async () => {
  await read({ vault: "Coachlight", item: "one" });
  await read({ vault: "Coachlight", item: "two" });
  await read({ vault: "Other", item: "three" });
  expect(requested).toEqual([
    { vault: "Coachlight", title: "one" },
    { vault: "vault-id", title: "two" },
    { vault: "Other", title: "three" },
  ]);
});

test("fails with what the provider's text means", async () => {
  await expect(read({ vault: "Coachlight", item: "nothing" })).rejects.toMatchObject({
    name: "ItemReadError",
    failure: "missing item",
  });
});

test("the plugin finds the way and the token in its own environment, and is handed nothing", async () => {
  vi.stubEnv("OP_CONNECT_HOST", "http://c");
  vi.stubEnv("OP_CONNECT_TOKEN", "canary-connect");
  readThroughProvider();
  vi.unstubAllEnvs();
  const provider = (await engine.settle()).at(-1);
  expect(provider).toMatchObject({ type: "pulumi:providers:onepassword", inputs: {}, secrets: [] });
  expect(Object.keys(provider?.inputs ?? {})).toEqual([]);
});
