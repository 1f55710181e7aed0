import { beforeAll, beforeEach, expect, test } from "vitest";
import type { ReadItem } from "../../components/onepassword/item.ts";
import { readThroughProvider } from "../../components/onepassword/through-provider.ts";
import { PulumiEngine } from "../fakes/pulumi-engine.ts";

const asked: unknown[] = [];
const prefix = "Client Error: Unable to read item, got error: ";
const engine = new PulumiEngine({
  "onepassword:index/getItem:getItem": (args) => {
    asked.push(args);
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
  read = readThroughProvider({ kind: "connect", url: "http://c", token: "canary-connect" });
  asked.splice(0);
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
  expect(asked).toMatchObject([{ uuid: id }, { title: id.toUpperCase() }]);
});

test("a vault's id is used as soon as it is known, since a name costs a request each time", async () => {
  await read({ vault: "Coachlight", item: "one" });
  await read({ vault: "Coachlight", item: "two" });
  await read({ vault: "Other", item: "three" });
  expect(asked).toEqual([
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

test("each way in sets up the provider with its token as a secret", async () => {
  readThroughProvider({ kind: "service-account", token: "canary-service" });
  readThroughProvider({ kind: "account", account: "my.1password.com" });
  const providers = (await engine.settle()).slice(-3);
  const secrets = providers.map(({ inputs, secrets }) => [Object.keys(inputs).toSorted(), secrets]);
  expect(secrets).toHaveLength(3);
  expect(secrets).toEqual(
    expect.arrayContaining([
      [["token", "url"], ["token"]],
      [["serviceAccountToken"], ["serviceAccountToken"]],
      [["account"], []],
    ]),
  );
});
