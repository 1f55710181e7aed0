import { satisfies } from "semver";
import { describe, expect, test } from "vitest";
import { findPreset, presetNames, presets } from "../../../components/config/presets/presets.ts";
import { findProblems, makeSpec, writeStack } from "../../fakes/stack.ts";
import { readConnections, resolve, secretsOf, valuesOf } from "./connections.ts";

function entryOf(preset: string, more: object = {}) {
  return { workload: { helm: { preset, version: "1.0.0", ...more } } };
}

function valuesWith(preset: string, values: object): unknown {
  return valuesOf(makeSpec({ wiki: entryOf(preset, { values }) }), "wiki");
}

describe.each(presetNames)("preset %s", (name) => {
  test("leads the app to its database, with keys that its Secret has", () => {
    const spec = makeSpec({ wiki: entryOf(name) });
    const secrets = secretsOf(spec, "wiki", "canary /?#");
    const connections = readConnections(name, spec, { app: "wiki", secrets });
    expect(connections.length).toBeGreaterThan(0);
    for (const { host, port, database, user, password } of connections) {
      expect({ host, port, database }).toEqual({
        host: "postgres-postgresql.db-postgres.svc.cluster.local",
        port: "5432",
        database: "wiki",
      });
      expect(resolve(user, secrets)).toBe("wiki");
      expect(resolve(password, secrets)).toBe("canary /?#");
    }
    expect(JSON.stringify(valuesOf(spec, "wiki"))).not.toContain("${");
  });

  test("says where its facts are from, and covers the version that they are of", () => {
    const { source, seen, versions } = presets[name];
    expect(URL.canParse(source)).toBe(true);
    expect(satisfies(seen, versions)).toBe(true);
    expect(makeSpec({ wiki: entryOf(name, { version: seen }) }).warnings).toEqual([]);
  });
});

describe("the keys that a preset's values name", () => {
  const keysOf = (entry: object, preset = "miniflux") =>
    makeSpec({ wiki: { ...entryOf(preset), ...entry } }).apps[0]?.roles.map(({ keys }) =>
      keys.map(
        ({ name, parts }) =>
          `${name}: ${parts.filter((part) => typeof part === "string").join("…")}`,
      ),
    );
  const own =
    "DATABASE_URL: postgresql://…:…@postgres-postgresql.db-postgres.svc.cluster.local:5432/wiki?sslmode=verify-full";

  test("are in the owner's Secret, beside the entry's own, and in no other", () => {
    const roles = { ro: { profile: "readonly" } };
    expect(keysOf({ roles })).toEqual([[own], []]);
    expect(keysOf({ owner: { keys: { A: "a" } } })).toEqual([["A: a", own]]);
    expect(keysOf({}, "netbox")).toEqual([[]]);
  });

  test("are the entry's where it has one of that name", () => {
    expect(keysOf({ owner: { keys: { DATABASE_URL: "x" } } })).toEqual([["DATABASE_URL: x"]]);
  });
});

describe("which preset", () => {
  const { repoURL } = presets.netbox;

  test("is that of the chart, which then needs no repository", () => {
    const [app] = makeSpec({
      netbox: { workload: { helm: { chart: "netbox", version: "8.3.61" } } },
    }).apps;
    expect(app?.workload).toMatchObject({ repoURL, chart: "netbox", version: "8.3.61" });
  });

  test("is not used if the entry has a repository of its own, or says so", () => {
    for (const helm of [
      { chart: "netbox", version: "8.3.61", repoURL },
      { chart: "netbox", version: "8.3.61", repoURL, preset: "none" },
    ]) {
      const [app] = makeSpec({ netbox: { workload: { helm } } }).apps;
      expect(app?.workload).toMatchObject({ kind: "helm", values: {} });
    }
  });

  test("may be named with a repository of one's own", () => {
    const helm = { preset: "netbox", repoURL: "registry.example/mirror", version: "8.3.61" };
    const [app] = makeSpec({ netbox: { workload: { helm } } }).apps;
    expect(app?.workload).toMatchObject({ repoURL: "registry.example/mirror", chart: "netbox" });
  });

  test("is not clear from a chart that starts many apps", () => {
    expect(findPreset("app-template")).toBeUndefined();
    expect(findPreset("netbox")).toBe("netbox");
  });
});

describe("the user's values", () => {
  test("count more, one by one, also a null", () => {
    const given = {
      externalDatabase: { host: "db.example", existingSecretKey: null },
      replicaCount: 2,
    };
    expect(valuesWith("netbox", given)).toMatchObject({
      postgresql: { enabled: false },
      externalDatabase: { host: "db.example", existingSecretKey: null, database: "wiki" },
      replicaCount: 2,
    });
  });

  test("join a list by the names in it", () => {
    const own = { name: "AUTHENTIK_SECRET_KEY", value: "x" };
    const other = { name: "AUTHENTIK_POSTGRESQL__USER", value: "me" };
    expect(valuesWith("authentik", { global: { env: [own, other] } })).toMatchObject({
      global: { env: [{ name: "AUTHENTIK_POSTGRESQL__PASSWORD" }, own, other] },
    });
  });

  test("say which controller and container of app-template use the database", () => {
    const env = { TZ: "UTC" };
    const given = {
      controllers: {
        redis: { containers: { redis: {} } },
        paperless: { containers: { app: { env } } },
      },
    };
    const values = valuesWith("paperless", given) as typeof given;
    expect(values.controllers.redis).toEqual({ containers: { redis: {} } });
    expect(values.controllers.paperless.containers.app.env).toMatchObject({
      TZ: "UTC",
      PAPERLESS_DBNAME: "wiki",
    });
    const only = valuesWith("paperless", { controllers: { web: { containers: { x: {} } } } });
    expect(only).toMatchObject({ controllers: { web: { containers: { x: { env: {} } } } } });
    expect(valuesWith("paperless", {})).toHaveProperty("controllers.main.containers.main.env");
  });

  test("fail where a preset cannot be added to them", () => {
    const one = { controllers: { a: {}, b: {} } };
    const other = { controllers: { main: { containers: { main: { env: [] } } } } };
    const at = "berth:apps.wiki.workload.helm.values.controllers";
    expect(findProblems(writeStack({ wiki: entryOf("paperless", { values: one }) }))).toEqual([
      `${at}: has a, b, and the preset needs to know which one uses the database; call it wiki, paperless, app, main, or set preset: none`,
    ]);
    expect(findProblems(writeStack({ wiki: entryOf("paperless", { values: other }) }))).toEqual([
      `${at}.main.containers.main.env: the preset adds keys to it; write it as a map, or set preset: none`,
    ]);
  });
});

describe("repository and version", () => {
  const charts = {
    netbox: { version: "8.3.61" },
    wiki: { repoURL: "ghcr.io/charts", version: "1.2.3" },
  };

  test("come from berth:charts for every app that leaves them out", () => {
    const apps = {
      netbox: { workload: { helm: { chart: "netbox" } } },
      wiki: { workload: { helm: { chart: "wiki", version: "2.0.0" } } },
    };
    expect(findProblems({ ...writeStack(apps), charts })).toEqual([]);
  });

  test("fail where nobody says them, and the message says where to", () => {
    expect(findProblems(writeStack({ a: { workload: { helm: { chart: "other" } } } }))).toEqual([
      expect.stringContaining(
        'berth:apps.a.workload.helm.repoURL: missing, and Berth knows no chart "other"; set it here or as berth:charts.other.repoURL; the presets are authentik, ',
      ),
      "berth:apps.a.workload.helm.version: missing; set it here or as berth:charts.other.version",
    ]);
    expect(findProblems(writeStack({ a: { workload: { helm: {} } } }))).toEqual([
      "berth:apps.a.workload.helm.chart: missing; or name a `preset`",
    ]);
  });

  test.each([
    ["8.3.61", 0],
    ["8.*", 0],
    ["9.0.0", 1],
    [">=8.0.0", 1],
    ["latest", 1],
  ])("%s of a chart that Berth knows from 8 to 9: %i warnings", (version, count) => {
    const { warnings } = makeSpec({ netbox: { workload: { helm: { chart: "netbox", version } } } });
    expect(warnings).toHaveLength(count);
    for (const warning of warnings) {
      expect(warning).toContain(
        `app netbox: chart netbox ${version}: the preset netbox is for >=8.0.0 <9.0.0`,
      );
    }
  });
});
