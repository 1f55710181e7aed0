import { once } from "node:events";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { createConnection } from "node:net";
import { dirname, join } from "node:path";
import messages from "@pulumi/pulumi/proto/provider_pb.js";
import empty from "google-protobuf/google/protobuf/empty_pb.js";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  decodeProperties,
  encodeProperties,
  type PropertyMap,
  SecretValue,
} from "../../provider/rpc/property-values.ts";
import { useFolder } from "../fakes/folder.ts";
import {
  call,
  connect,
  launcher,
  type ProviderProcess,
  rpc,
  startProvider,
} from "./provider-process.ts";
import { HEADER, INPUTS, toUrn } from "./scratch.ts";

const urn = toUrn("a");
const scratch = useFolder("server");
let provider: ProviderProcess;
let client: ReturnType<typeof connect>;

beforeAll(async () => {
  // The launcher passes over a node that is too old.
  const old = join(scratch, "old node");
  await mkdir(old);
  await writeFile(join(old, "node"), "#!/bin/sh\necho v22.17.1\n", { mode: 0o755 });
  const path = `${old}:${dirname(process.execPath)}`;
  const command = [launcher, "--logtostderr", "-v=3", "127.0.0.1:1"];
  provider = await startProvider(command, { cwd: scratch, path });
  client = connect(provider.port);
});

afterAll(async () => {
  client.close();
  provider.child.kill("SIGINT");
  expect(await once(provider.child, "exit")).toEqual([0, null]);
  expect(provider.errors()).toBe("");
});

function toChecked(inputs: PropertyMap): messages.CheckRequest {
  return new messages.CheckRequest().setUrn(urn).setNews(encodeProperties(inputs));
}

describe("the provider's process", () => {
  it("takes a file from handshake to delete", async () => {
    const inputs = { ...INPUTS, directory: join(scratch, "gitops") };
    const file = join(inputs.directory, inputs.path);

    const handshake = new messages.ProviderHandshakeRequest().setEngineAddress("127.0.0.1:1");
    const features = await call(client, rpc.handshake, handshake);
    expect(features.getAcceptSecrets()).toBe(true);
    const configured = await call(client, rpc.configure, new messages.ConfigureRequest());
    expect(configured.getSupportspreview()).toBe(true);
    const info = await call(client, rpc.getPluginInfo, new empty.Empty());
    expect(info.getVersion()).toBe("0.1.0");

    expect((await call(client, rpc.check, toChecked(inputs))).getFailuresList()).toEqual([]);
    const properties = encodeProperties(inputs);
    const made = await call(
      client,
      rpc.create,
      new messages.CreateRequest().setUrn(urn).setProperties(properties),
    );
    expect(made.getId()).toBe(INPUTS.path);
    expect(made.getRefreshBeforeUpdate()).toBe(true);
    expect(await readFile(file, "utf8")).toBe(`${HEADER}kind: A\n`);

    const compare = new messages.DiffRequest()
      .setUrn(urn)
      .setId(made.getId())
      .setOlds(made.getProperties())
      .setOldInputs(properties)
      .setNews(encodeProperties({ ...inputs, content: "kind: B\n", path: "b.yaml" }));
    const difference = await call(client, rpc.diff, compare);
    expect(difference.getReplacesList()).toEqual(["path"]);
    const kinds = [...difference.getDetaileddiffMap().entries()].map(([path, diff]) => [
      path,
      diff.getKind(),
    ]);
    const { UPDATE, UPDATE_REPLACE } = messages.PropertyDiff.Kind;
    expect(Object.fromEntries(kinds)).toEqual({ path: UPDATE_REPLACE, content: UPDATE });
    const ignoring = await call(
      client,
      rpc.diff,
      compare.setIgnorechangesList(["path", "content"]),
    );
    expect(ignoring.getChanges()).toBe(messages.DiffResponse.DiffChanges.DIFF_NONE);

    const read = new messages.ReadRequest()
      .setUrn(urn)
      .setId(made.getId())
      .setInputs(properties)
      .setProperties(properties);
    await writeFile(file, `${HEADER}kind: Hand\n`);
    const found = await call(client, rpc.read, read);
    expect(decodeProperties(found.getProperties())).toEqual({ ...inputs, content: "kind: Hand\n" });

    await call(client, rpc.configure, new messages.ConfigureRequest());
    await call(
      client,
      rpc.delete,
      new messages.DeleteRequest()
        .setUrn(urn)
        .setId(made.getId())
        .setProperties(properties)
        .setOldInputs(properties),
    );
    expect((await call(client, rpc.read, read)).getId()).toBe("");
  });

  it("replaces nothing for another configuration, whatever changes in it", async () => {
    const before: PropertyMap = {
      endpoint: { kind: "direct", host: "127.0.0.1", port: 5432 },
      tls: { mode: "disable", serverName: "localhost" },
      maintenanceDatabase: "postgres",
      systemIdentifier: "1",
      reserved: ["paperless"],
      ownershipRole: "berth_prod",
      connectionLimit: 4,
      adminItem: "Coachlight/postgres-admin",
      username: "coachlight_admin",
      // As an earlier version had it.
      password: new SecretValue("before"),
    };
    const after: PropertyMap = {
      endpoint: { kind: "kubernetes", namespace: "db", port: 5432, localPort: 15432 },
      tls: { mode: "require", serverName: "pg" },
      maintenanceDatabase: "maintenance",
      systemIdentifier: "2",
      reserved: [],
      ownershipRole: "berth_other",
      connectionLimit: 9,
      adminItem: "Coachlight/other",
      username: "other_admin",
    };
    const compare = async (news: PropertyMap) => {
      const request = new messages.DiffRequest()
        .setUrn(urn)
        .setOldInputs(encodeProperties({ postgres: before }))
        .setNews(encodeProperties({ postgres: news }));
      const found = await call(client, rpc.diffConfig, request);
      const { DIFF_SOME } = messages.DiffResponse.DiffChanges;
      return { replaces: found.getReplacesList(), isSome: found.getChanges() === DIFF_SOME };
    };
    expect(await compare(before)).toEqual({ replaces: [], isSome: false });
    for (const [name, value] of Object.entries(after)) {
      const found = await compare({ ...before, [name]: value });
      expect(found, name).toEqual({ replaces: [], isSome: true });
    }
  });

  it("fails in words, without a stack and without a secret", async () => {
    const request = new messages.ReadRequest().setUrn(urn).setId("x.yaml");
    await expect(call(client, rpc.read, request)).rejects.toMatchObject({
      details: expect.stringMatching(/^x\.yaml cannot be imported(?![^]*\n {4}at )/) as string,
    });
    const unknown = new messages.ReadRequest().setUrn("urn:pulumi:s::p::berth:index:Nope::n");
    await expect(call(client, rpc.read, unknown)).rejects.toMatchObject({
      details: "Berth's provider has no resource type berth:index:Nope",
    });
    // The engine prints the value of a property that a failure names, so a secret's is not named.
    const secret = { ...INPUTS, content: new SecretValue("hunter2") };
    const [failure] = (await call(client, rpc.check, toChecked(secret))).getFailuresList();
    expect(failure?.getProperty()).toBe("");
    expect(failure?.getReason()).toMatch(/^content: manifest must not contain secret values/);
  });

  it("ends by itself when the engine was killed", async () => {
    const engine = ["/bin/sh", "-c", '"$0" 127.0.0.1:1 & wait', launcher];
    const { child, port } = await startProvider(engine, { cwd: scratch });
    child.kill("SIGKILL");
    await expect.poll(() => isOpen(port), { interval: 200 }).toBe(false);
  });
});

async function isOpen(port: number): Promise<boolean> {
  const socket = createConnection({ host: "127.0.0.1", port });
  const isConnected = await once(socket, "connect").then(
    () => true,
    () => false,
  );
  socket.destroy();
  return isConnected;
}
