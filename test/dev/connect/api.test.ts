import {
  FieldPurpose,
  type FullItem,
  ItemBuilder,
  ItemCategory,
  OnePasswordConnect,
  type OPConnect,
} from "@1password/connect";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createItem } from "../../../dev/connect/item-edits.ts";
import { createSampleVault, makeToken } from "../../../dev/connect/sample-vault.ts";
import { type ConnectServer, startConnect } from "../../../dev/connect/server.ts";
import { makeVault, VaultStore } from "../../../dev/connect/vault-data.ts";
import { attach } from "../../fakes/vault.ts";

const vault = createSampleVault();
const bytes = Buffer.from(Array.from({ length: 256 }, (_, at) => at));
vault.items.push(
  attach(createItem({ title: "with a file", category: "LOGIN" }, vault.id), { "ca.crt": bytes }),
);
const foreign = makeVault("Foreign", "a vault the token may not see");
const token = makeToken();
let server: ConnectServer;
let client: OPConnect;

beforeAll(async () => {
  const store = new VaultStore([vault, foreign]);
  server = await startConnect({ store, token, scope: [vault.id] });
  client = OnePasswordConnect({ serverURL: server.url, token });
});

afterAll(async () => {
  await server.close();
});

async function get(path: string, authorization = `Bearer ${token}`): Promise<Response> {
  return fetch(`${server.url}${path}`, { headers: authorization ? { authorization } : {} });
}

function valueOf(item: FullItem, label: string): string | undefined {
  return item.fields?.find((field) => field.label === label)?.value;
}

test("the real client lists the vaults in scope, and finds one by name and by id", async () => {
  expect((await client.listVaults()).map((found) => found.name)).toEqual(["Coachlight"]);
  expect((await client.getVault("Coachlight")).id).toBe(vault.id);
  expect((await client.getVault(vault.id)).name).toBe("Coachlight");
});

test("the real client lists items without their fields", async () => {
  const items = await client.listItems(vault.id);
  const titles = vault.items.map((item) => item.title);
  expect(items.map((item) => item.title)).toEqual(expect.arrayContaining(titles));
  const raw = await (await get(`/v1/vaults/${vault.id}/items`)).text();
  expect(raw).not.toContain("fields");
});

test("the real client gets an item by title and by id, with its values", async () => {
  const expected = vault.items.find((item) => item.title === "netbox-superuser");
  const byTitle = await client.getItem(vault.id, "netbox-superuser");
  expect(byTitle.id).toBe(expected?.id);
  for (const label of ["username", "password", "email", "api_token"]) {
    expect(valueOf(byTitle, label)).toBe(expected?.fields.find((f) => f.label === label)?.value);
  }
  expect((await client.getItem(vault.id, byTitle.id ?? "")).title).toBe("netbox-superuser");
  expect(await client.listItemsByTitleContains(vault.id, "basketball")).toHaveLength(2);
});

test.each([
  'vaults?filter=name eq "Coachlight"',
  'vaults/?filter=title eq "Coachlight"',
  "vaults?filter=title+eq+%22Coachlight%22",
])("/v1/%s finds the vault", async (path) => {
  expect(await (await get(`/v1/${path}`)).json()).toMatchObject([{ id: vault.id }]);
});

test("a filter matches whole titles only, and one it cannot parse is refused", async () => {
  const items = `/v1/vaults/${vault.id}/items`;
  expect(await (await get(`${items}?filter=title eq "netbox"`)).json()).toEqual([]);
  expect((await get(`${items}?filter=title sw "netbox"`)).status).toBe(400);
});

test("the real client creates and replaces an item", async () => {
  const draft = new ItemBuilder()
    .setCategory(ItemCategory.Login)
    .setTitle("made-here")
    .addField({
      label: "username",
      purpose: FieldPurpose.Username,
      value: "someone",
    })
    .addField({ label: "made", value: "here", sectionName: "more" })
    .build();
  const created = await client.createItem(vault.id, draft);
  expect(created.id).toMatch(/^[a-z0-9]{26}$/);
  expect(created.version).toBe(1);
  expect(valueOf(created, "made")).toBe("here");

  created.title = "renamed";
  const updated = await client.updateItem(vault.id, created);
  expect([updated.id, updated.title, updated.version]).toEqual([created.id, "renamed", 2]);
  expect(valueOf(updated, "made")).toBe("here");
});

test("two items of one title are kept, and the real client refuses to choose", async () => {
  for (const value of ["a", "b"]) {
    const body = { title: "twice", category: "LOGIN", fields: [{ label: "x", value }] };
    const response = await fetch(`${server.url}/v1/vaults/${vault.id}/items`, {
      method: "POST",
      headers: { authorization: `Bearer ${token}` },
      body: JSON.stringify(body),
    });
    expect(response.status).toBe(200);
  }
  await expect(client.getItem(vault.id, "twice")).rejects.toMatchObject({ status: 400 });
});

test("a wrong token, or none, is a 401 with an error body and no data", async () => {
  for (const authorization of ["", "Bearer wrong", `Basic ${token}`]) {
    const response = await get("/v1/vaults", authorization);
    expect(response.status).toBe(401);
    expect(await response.json()).toEqual({ status: 401, message: expect.any(String) as string });
  }
  const stranger = OnePasswordConnect({ serverURL: server.url, token: "wrong" });
  await expect(stranger.listVaults()).rejects.toMatchObject({ status: 401 });
});

test("unknown ids are 404, and a vault out of scope is 403 and unlisted", async () => {
  const nowhere = "a".repeat(26);
  expect((await get(`/v1/vaults/${nowhere}`)).status).toBe(404);
  expect((await get(`/v1/vaults/${vault.id}/items/${nowhere}`)).status).toBe(404);
  expect((await get("/v1/nothing")).status).toBe(404);
  const refused = await get(`/v1/vaults/${foreign.id}/items`);
  expect(await refused.json()).toEqual({
    status: 403,
    message: `vault ${foreign.id} is not in scope`,
  });
});

test("a heartbeat needs no token", async () => {
  expect(await (await get("/heartbeat", "")).text()).toBe(".");
});

test("an item has its files, a list of items does not, and the content is elsewhere", async () => {
  const item = await client.getItemByTitle(vault.id, "with a file");
  const [file] = item.files ?? [];
  expect(file).toMatchObject({ name: "ca.crt", size: 256 });
  expect(file).not.toHaveProperty("content");
  expect(await client.listFiles(vault.id, item.id ?? "")).toEqual([file]);
  const read = await get(file?.content_path ?? "");
  expect(Buffer.from(await read.arrayBuffer())).toEqual(bytes);
  const files = `/v1/vaults/${vault.id}/items/${item.id ?? ""}/files`;
  expect((await get(`${files}/${"a".repeat(26)}/content`)).status).toBe(404);
  expect((await get(`${files}/${file?.id ?? ""}/other`)).status).toBe(404);
  const listed = await (await get(`/v1/vaults/${vault.id}/items`)).text();
  expect(listed).toContain("with a file");
  expect(listed).not.toContain("ca.crt");
  expect((await client.updateItem(vault.id, item)).files).toEqual([file]);
});

test("requests are recorded without token or values", async () => {
  const before = server.requests.length;
  await get("/v1/vaults");
  expect(server.requests.slice(before)).toEqual([
    { method: "GET", path: "/v1/vaults", status: 200 },
  ]);
  expect(JSON.stringify(server.requests)).not.toContain(token);
});
