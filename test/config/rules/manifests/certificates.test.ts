import { describe, expect, it } from "vitest";
import { findProblems, writeStack } from "../../../fakes/stack.ts";

/** Certificates that would reach nobody, or not stay. */

const gitops = { directory: "../gitops", repoURL: "https://git.example.org/gitops.git" };
const connect = {
  host: "http://connect:8080",
  tokenSecret: { namespace: "connect", name: "token" },
};
const source = { certificate: { secret: "main-ca" } };
const at = "berth:apps.vault.certificate";

function find(entry: object, postgres: object = source, more: object = { gitops }) {
  const raw = { ...writeStack({ vault: entry }, { ...postgres }), ...more };
  return findProblems(raw);
}

const certificate = { secret: "vault-env", key: "DB_ROOT_CERT" };

describe("an app's certificate", () => {
  it("is accepted for a Secret that Berth does not make", () => {
    expect(find({ certificate })).toEqual([]);
  });

  it("needs a source and a place for manifests", () => {
    expect(find({ certificate }, {}, {})).toEqual([
      `${at}: it needs berth:postgres.certificate, which says where the certificate is; add it`,
      `${at}: it needs berth:gitops or berth:cluster, which are missing; add one of them`,
    ]);
  });

  it("would not stay in a Secret of the 1Password operator without a schedule", () => {
    const secrets = { "vault-env": ["password"] };
    expect(find({ secrets, certificate })).toEqual([
      `${at}.secret: got "vault-env"; the 1Password operator makes it and removes other keys when the item changes; set ${at}.schedule (such as 17 * * * *), or name another Secret`,
    ]);
    const scheduled = { ...certificate, schedule: "17 * * * *" };
    expect(find({ secrets, certificate: scheduled })).toEqual([]);
    expect(find({ owner: { secret: "vault-env" }, certificate: scheduled })).toEqual([]);
  });

  it("is accepted for a Secret of the same name in another namespace", () => {
    const secrets = { "vault-env": { namespace: "elsewhere" } };
    expect(find({ secrets, certificate })).toEqual([]);
  });

  it("would not stay in a Secret of External Secrets, which adds keys only with Merge", () => {
    const more = { gitops, secrets: { through: "external-secret", store: { connect } } };
    const scheduled = { ...certificate, schedule: "17 * * * *" };
    const of = (settings: object) =>
      find(
        { secrets: { "vault-env": { fields: ["a"], ...settings } }, certificate: scheduled },
        source,
        more,
      );
    expect(of({})).toEqual([
      `${at}.secret: got "vault-env"; External Secrets makes it and removes other keys each time; name a Secret that nothing else writes`,
    ]);
    expect(of({ creationPolicy: "Merge" })).toEqual([]);
  });

  it("would not stay in a Secret of the Vault Secrets Operator", () => {
    const more = { gitops, secrets: { vault: { connection: "a/b" } } };
    const scheduled = { ...certificate, schedule: "17 * * * *" };
    const secrets = { "vault-env": { from: "vault" } };
    expect(find({ secrets, certificate: scheduled }, source, more)).toEqual([
      `${at}.secret: got "vault-env"; the Vault Secrets Operator makes it and removes other keys each time; name a Secret that nothing else writes`,
    ]);
    const login = { credentials: "vault", vault: { restart: ["Deployment/vault"] } };
    const owner = { secret: "vault-env" };
    expect(find({ ...login, owner, certificate: scheduled }, source, more)).toHaveLength(1);
  });

  it.each([
    [{ schedule: "hourly" }, "schedule", "is not five fields of cron; write it as 17 * * * *"],
    [{ key: "a b" }, "key", "is not a key of a Secret; allowed are letters, digits, -, _ and ."],
    [
      { restart: ["Pod/x"] },
      "restart.0",
      "cannot be restarted; write it as Deployment/wiki (or DaemonSet, StatefulSet)",
    ],
  ])("is refused with %j", (entry, key, message) => {
    expect(find({ certificate: { ...certificate, ...entry } })).toEqual([
      expect.stringMatching(`^${at}.${key}: `),
    ]);
    expect(find({ certificate: { ...certificate, ...entry } })[0]).toContain(message);
  });

  it("may be named in Helm values, where the Secret is Berth's", () => {
    const values = {
      env: { name: "A", valueFrom: { secretKeyRef: { name: "vault-env", key: "DB_ROOT_CERT" } } },
    };
    const helm = { repoURL: "r", chart: "c", version: "1", values };
    const more = { gitops, secrets: { through: "external-secret", store: { connect } } };
    const secrets = { "vault-env": { fields: ["a"] } };
    const all = find({ secrets, certificate, workload: { helm } }, source, more);
    expect(all.filter((problem) => problem.includes("has no key"))).toEqual([]);
    expect(find({ secrets, workload: { helm } }, source, more)[0]).toContain("has no key");
  });
});

describe("where the certificate is", () => {
  const where = "berth:postgres.certificate";
  it.each([
    [{}, "give either `secret` or `pods`"],
    [{ secret: "a", pods: ["b"] }, "give either `secret` or `pods`"],
    [{ secret: "a", file: "/b" }, "has `container` or `file`, which need `pods`"],
    [{ pods: ["a"], key: "b" }, "has `key`, which needs `secret`"],
  ])("is one place: %j", (given, message) => {
    const problems = find({}, { certificate: given });
    expect(problems).toEqual([expect.stringMatching(`^${where}: `)]);
    expect(problems[0]).toContain(message);
  });

  it.each([
    [{ pods: [] }, `${where}.pods: `, "is empty; name the Pods of the server"],
    [{ pods: ["a"], file: "b" }, `${where}.file: `, "is not a path in the Pods"],
  ])("is refused with %j", (given, path, message) => {
    const [problem] = find({}, { certificate: given });
    expect(problem?.startsWith(path), problem).toBe(true);
    expect(problem).toContain(message);
  });
});

describe("the CA for the apps' namespaces", () => {
  const ca = "berth:postgres.service.ca";
  it("needs a file, and a place for manifests", () => {
    expect(find({}, { service: { ca: { configMap: "pg-ca" } } }, {})).toEqual([
      `${ca}.file: missing; name the PEM file with the CA here or as berth:postgres.tls.ca`,
      `${ca}: it needs berth:gitops or berth:cluster, which are missing; add one of them`,
    ]);
    const postgres = { tls: { ca: "ca.pem" }, service: { ca: { configMap: "pg-ca" } } };
    expect(find({}, postgres)).toEqual([]);
  });

  it("is a ConfigMap or a Secret", () => {
    const message = "give either `configMap` or `secret`, its name in each namespace";
    for (const given of [{}, { configMap: "a", secret: "b" }]) {
      expect(find({}, { service: { ca: given } })[0]).toContain(message);
    }
  });
});
