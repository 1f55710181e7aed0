import { readFileSync } from "node:fs";
import { describe, expect, it, test } from "vitest";
import {
  findMissingChecks,
  healthChecks,
  toHealthCommand,
  toHealthKey,
} from "../../../components/delivery/argocd/health-checks.ts";
import { runHealthCheck } from "../../fakes/lua.ts";

/** The health checks, run by a real Lua on what the operators write into `status`. */

function run(kind: string, object: object): string {
  const check = healthChecks.find((one) => one.kind === kind);
  const { status, message } = runHealthCheck(check?.lua ?? "", {
    metadata: {},
    spec: {},
    ...object,
  });
  return message === "" ? (status ?? "") : `${status ?? ""}: ${message ?? ""}`;
}

const healthy = { health: { status: "Healthy" } };
const automated = { spec: { syncPolicy: { automated: { prune: true } } } };

describe("an Application", () => {
  it.each([
    ["is new", {}, "Progressing: waiting for the first sync"],
    [
      "has no health yet",
      { status: { sync: { status: "Synced" } } },
      "Progressing: waiting for the first sync",
    ],
    [
      "is synced and healthy",
      { ...automated, status: { ...healthy, sync: { status: "Synced" } } },
      "Healthy",
    ],
    [
      "is healthy because what is missing does not count",
      { ...automated, status: { ...healthy, sync: { status: "OutOfSync" } } },
      "Progressing: not synced",
    ],
    [
      "could not be synced",
      {
        ...automated,
        status: {
          ...healthy,
          sync: { status: "OutOfSync" },
          operationState: { phase: "Failed", message: "one or more objects failed" },
        },
      },
      "Degraded: one or more objects failed",
    ],
    [
      "is synced now",
      {
        ...automated,
        status: { ...healthy, sync: { status: "OutOfSync" }, operationState: { phase: "Running" } },
      },
      "Progressing: not synced",
    ],
    [
      "is synced by hand, whenever that is",
      { status: { ...healthy, sync: { status: "OutOfSync" } } },
      "Healthy",
    ],
    [
      "has its sync switched off",
      {
        spec: { syncPolicy: { automated: { enabled: false } } },
        status: { ...healthy, sync: { status: "OutOfSync" } },
      },
      "Healthy",
    ],
    [
      "is degraded",
      { status: { health: { status: "Degraded", message: "a Pod fails" } } },
      "Degraded: a Pod fails",
    ],
  ])("that %s is right", (_, object, expected) => {
    expect(run("Application", object)).toBe(expected);
  });
});

const ready = (status: string, message?: string) => ({
  status: {
    conditions: [
      { type: "Other", status: "False" },
      { type: "Ready", status, message },
    ],
  },
});

describe.each(["OnePasswordItem", "ExternalSecret", "VaultStaticSecret", "VaultDynamicSecret"])(
  "%s",
  (kind) => {
    it.each([
      ["nothing yet", {}, "Progressing: no Secret yet"],
      ["no conditions", { status: {} }, "Progressing: no Secret yet"],
      ["other conditions", { status: { conditions: [] } }, "Progressing: no Secret yet"],
      ["Ready", ready("True"), "Healthy"],
      ["Ready: False", ready("False", "no such item"), "Degraded: no such item"],
      ["Ready: Unknown", ready("Unknown", "waiting"), "Progressing: waiting"],
    ])("with %s is right", (_, object, expected) => {
      expect(run(kind, object)).toBe(expected);
    });
  },
);

describe.each(["VaultStaticSecret", "VaultDynamicSecret"])("%s of an older operator", (kind) => {
  it.each([
    ["never synced", 0, 1, "Progressing: no Secret yet"],
    ["synced before the last edit", 1, 2, "Progressing: no Secret yet"],
    ["synced", 2, 2, "Healthy"],
  ])("%s is right", (_, lastGeneration, generation, expected) => {
    expect(run(kind, { metadata: { generation }, status: { lastGeneration } })).toBe(expected);
  });
});

describe.each(["VaultConnection", "VaultAuth"])("%s", (kind) => {
  it.each([
    ["not checked", {}, "Progressing: not checked yet"],
    ["valid", { status: { valid: true } }, "Healthy"],
    ["invalid", { status: { valid: false } }, "Degraded: Vault does not accept it"],
    ["invalid, with a reason", { status: { valid: false, error: "no role" } }, "Degraded: no role"],
  ])("that is %s is right", (_, object, expected) => {
    expect(run(kind, object)).toBe(expected);
  });
});

describe("what argocd-cm lacks", () => {
  const vault = { apiVersion: "secrets.hashicorp.com/v1beta1", kind: "VaultAuth" };
  const application = { apiVersion: "argoproj.io/v1alpha1", kind: "Application" };
  const item = { apiVersion: "onepassword.com/v1", kind: "OnePasswordItem" };
  const keyOf = (kind: string): string =>
    healthChecks
      .filter((check) => check.kind === kind)
      .map(toHealthKey)
      .join("");

  it.each([
    ["nothing is there", {}, ["Application", "VaultAuth"]],
    ["one is there", { [keyOf("Application")]: "x" }, ["VaultAuth"]],
    ["all are there", { [keyOf("Application")]: "x", [keyOf("VaultAuth")]: "x" }, []],
    [
      "they are in one text",
      { "resource.customizations": "argoproj.io/Application:\n  health.lua: x\n" },
      ["VaultAuth"],
    ],
  ])("is found where %s", (_, settings, expected) => {
    const missing = findMissingChecks([item, application, vault], settings);
    expect(missing.map(({ kind }) => kind)).toEqual(expected);
  });

  test("is nothing for kinds that Argo CD knows, and that the stack does not have", () => {
    expect(findMissingChecks([item], {})).toEqual([]);
  });

  test("is added by a command that names files of Berth", () => {
    const command = toHealthCommand("kubectl", "argocd", findMissingChecks([application], {}));
    const [, key, file] = /--from-file=([^=]+)=(\S+)/.exec(command) ?? [];
    expect(key).toBe(keyOf("Application"));
    expect(readFileSync(file ?? "", "utf8")).toContain("local hs");
    expect(command).toContain("apply --server-side --field-manager=berth -f -");
  });

  test("has the key that Argo CD reads", () => {
    expect(keyOf("Application")).toBe("resource.customizations.health.argoproj.io_Application");
  });
});
