import { expect, test } from "vitest";
import { readThroughClient } from "../../components/onepassword/through-client.ts";
import { createItem } from "../../dev/connect/item-edits.ts";
import { createSampleVault, makeToken } from "../../dev/connect/sample-vault.ts";
import { startConnect } from "../../dev/connect/server.ts";
import { VaultStore } from "../../dev/connect/vault-data.ts";
import { attach } from "../fakes/vault.ts";

test("an item says through Connect which files are attached to it", async () => {
  const vault = createSampleVault();
  const token = makeToken();
  const files = { "tls.crt": Buffer.of(1), "tls.key": Buffer.of(2) };
  const item = attach(createItem({ title: "tls", category: "SERVER" }, vault.id), files);
  const store = new VaultStore([{ ...vault, items: [item] }]);
  const server = await startConnect({ store, token });
  const read = readThroughClient({ kind: "connect", url: server.url, token });
  const found = await read({ vault: "Coachlight", item: "tls" });
  await server.close();
  expect(found.files).toEqual(Object.keys(files));
});
