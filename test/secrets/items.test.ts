import { describe, expect, test } from "vitest";
import { loginKeysOf } from "../../components/config/login-keys.ts";
import { parseStack } from "../../components/config/parse.ts";
import { planStackDelivery } from "../../components/delivery/stack-delivery.ts";
import { readStackItems } from "../../components/onepassword/stack-items.ts";
import { itemWith } from "../fakes/item.ts";
import { findProblems, writeStack } from "../fakes/stack.ts";
import { connect, findSecret, gitops, plan, write } from "./external-stack.ts";

/** Items as people have them: labels of their own, other vaults, several in one Secret. */

const host = "postgres-postgresql.db-postgres.svc.cluster.local";
const item = { title: "radarr", password: "RADARR_POSTGRES_PASSWORD" };
const owner = {
  item,
  secret: "radarr-db",
  keys: { RADARR__POSTGRES__USER: "${user}", U: "${uri}" },
};

describe("a login under other labels", () => {
  test("comes as username and password through External Secrets, and the role's name stands for itself", () => {
    expect(findSecret({ owner }, "radarr-db")).toMatchObject({
      spec: {
        data: [
          {
            secretKey: "password",
            remoteRef: { key: "radarr", property: "RADARR_POSTGRES_PASSWORD" },
          },
        ],
        target: {
          template: {
            data: {
              username: "radarr",
              password: "{{ .password }}",
              RADARR__POSTGRES__USER: "radarr",
              U: `postgresql://radarr:{{ .password | urlquery | replace "+" "%20" }}@${host}:5432/radarr`,
            },
          },
        },
      },
    });
  });

  test("may be the name of a key as well", () => {
    const keys = { RADARR_POSTGRES_PASSWORD: "${password}" };
    expect(findSecret({ owner: { ...owner, keys } }, "radarr-db")).toHaveProperty(
      "spec.target.template.data.RADARR_POSTGRES_PASSWORD",
      "{{ .password }}",
    );
  });

  test("is read under them, and checked against the role", async () => {
    const fields = { RADARR_POSTGRES_USER: "radarr", RADARR_POSTGRES_PASSWORD: "word" };
    const named = { owner: { item: { ...item, username: "RADARR_POSTGRES_USER" } } };
    const read = (entry: object, more: object = {}) => {
      const spec = parseStack("prod", write(entry));
      return readStackItems(spec, ({ item: title }) =>
        Promise.resolve(
          title === "radarr"
            ? itemWith({ ...fields, ...more })
            : itemWith({ username: "boss", password: "b" }, { itemId: "admin" }),
        ),
      ).then((items) => spec.apps.map((app) => items.credential(app.roles[0]))[0]);
    };
    for (const entry of [named, { owner }]) {
      const credential = await read(entry);
      expect([credential?.username, credential?.revealPassword()]).toEqual(["radarr", "word"]);
    }
    await expect(read(named, { RADARR_POSTGRES_USER: "sonarr" })).rejects.toThrow(
      'its RADARR_POSTGRES_USER is "sonarr", but the role is "radarr"\n' +
        "    fix: op item edit radarr --vault Coachlight app.RADARR_POSTGRES_USER=radarr",
    );
    await expect(read(named, { RADARR_POSTGRES_PASSWORD: "" })).rejects.toThrow(
      'no field "RADARR_POSTGRES_PASSWORD" with a value',
    );
  });

  test("keeps them through the 1Password operator, which renames nothing", () => {
    const { spec } = plan({ owner: { item: { ...item, username: "DB user" } } }, {});
    const [app] = spec.apps;
    expect(app && loginKeysOf(app, app.roles[0])).toEqual({
      username: "DB-user",
      password: "RADARR_POSTGRES_PASSWORD",
    });
    expect(app?.roles[0].secretName).toBe("radarr");
  });

  test("reaches the Job under the key that its Secret has", () => {
    const entry = { owner, provisioner: "job" };
    const raw = writeStack({ radarr: entry }, { systemIdentifier: "1" });
    const spec = parseStack("prod", { ...raw, gitops });
    const delivery = planStackDelivery(spec, ({ item: id }) => ({ vaultId: "v", itemId: id }));
    const text = JSON.stringify(spec.apps.map(delivery.ofApp));
    expect(text).toContain('"secretKeyRef":{"name":"radarr-db","key":"RADARR_POSTGRES_PASSWORD"}');
  });

  test("needs a name where two logins take turns, and may share its item with another", () => {
    const twoLogins = { owner: { item, rotation: "two-logins" } };
    expect(findProblems(write(twoLogins))).toEqual([
      expect.stringContaining("berth:apps.radarr.owner.item.username: missing"),
    ]);
    const roles = { ro: { profile: "readonly", item: { ...item, password: "RO" }, secret: "ro" } };
    expect(findProblems(write({ owner, roles }))).toEqual([]);
    const same = { ro: { profile: "readonly", item, secret: "ro" } };
    expect(findProblems(write({ owner, roles: same }))).toEqual([
      expect.stringContaining("is used 2 times"),
    ]);
  });
});

describe("another vault", () => {
  test("has a store of its own, so that no title of the first vault comes instead", () => {
    const entry = { owner: { item: { title: "radarr", vault: "Media Box" } } };
    const { objects } = plan(entry);
    const stores = objects.filter(({ kind }) => kind === "ClusterSecretStore");
    expect(stores.map(({ metadata }) => metadata.name)).toEqual([
      "berth-prod",
      expect.stringMatching(/^berth-prod-media-box-[0-9a-f]{6}$/),
    ]);
    expect(stores[1]).toMatchObject({
      spec: {
        conditions: [{ namespaces: ["db-postgres", "infra-radarr"] }],
        provider: { onepassword: { vaults: { "Media Box": 1 } } },
      },
    });
    const secrets = objects.filter(({ metadata }) => metadata.name === "radarr");
    expect(secrets.filter(({ kind }) => kind === "ExternalSecret")).toMatchObject([
      { spec: { secretStoreRef: { name: stores[1]?.metadata.name } } },
      { spec: { secretStoreRef: { name: stores[1]?.metadata.name } } },
    ]);
    expect(new Set(stores.map(({ metadata }) => metadata.name)).size).toBe(2);
  });

  test("is refused where the store is somebody else's, and not for the 1Password operator", () => {
    const entry = { owner: { item: { vault: "media" } } };
    const mine = { through: "external-secret", store: { name: "mine" } };
    expect(findProblems(write(entry, mine))).toEqual([
      expect.stringContaining('berth:apps.radarr.owner: vault "media" needs a store of its own'),
    ]);
    expect(findProblems(write(entry, {}))).toEqual([]);
  });

  test("with a SecretStore it is in each namespace that reads it", () => {
    const store = { kind: "SecretStore", connect: { ...connect, tokenSecret: { name: "token" } } };
    const secrets = { cfg: { keys: { A: { item: "x", vault: "media", field: "a" } } } };
    const { objects } = plan({ secrets }, { through: "external-secret", store });
    expect(
      objects
        .filter(({ kind }) => kind === "SecretStore")
        .map(({ metadata }) => `${metadata.namespace ?? ""}/${metadata.name}`),
    ).toEqual([
      "db-postgres/berth-prod",
      "infra-radarr/berth-prod",
      "infra-radarr/berth-prod-media",
    ]);
  });
});
