import { readFileSync } from "node:fs";
import { describe, expect, it, test } from "vitest";
import {
  findMissingChecks,
  healthChecks,
  toHealthCommand,
  toHealthKey,
} from "../../../components/delivery/argocd/health-checks.ts";
import { runHealthCheck } from "../../fakes/lua.ts";
import { healthRows } from "./health-rows.ts";

/** The health checks, run by a real Lua on what the operators write into `status`. */

it.each(healthRows)("$kind that is $name is right", ({ kind, object, expected }) => {
  const check = healthChecks.find((one) => one.kind === kind);
  const { status, message } = runHealthCheck(check?.lua ?? "", object);
  expect(message === "" ? status : `${status ?? ""}: ${message ?? ""}`).toBe(expected);
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
    [
      "one in the text is for several kinds",
      { "resource.customizations": '"*.hashicorp.com/*":\n  health.lua: x\n' },
      ["Application"],
    ],
    [
      "the text has something else for them",
      { "resource.customizations": "argoproj.io/Application:\n  ignoreDifferences: x\n" },
      ["Application", "VaultAuth"],
    ],
    ["the text is no YAML", { "resource.customizations": "{" }, ["Application", "VaultAuth"]],
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
