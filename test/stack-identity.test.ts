import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { expect, it } from "vitest";
import { identifyStack, requireIdentity } from "../components/engine/stack-identity.ts";
import { makeSpec } from "./fakes/stack.ts";

/** Which stack it is, as far as its folder says. */

const spec = makeSpec({}, {}, "nowhere");

function identify(stackFile: string | undefined, file?: string): string | undefined {
  const projectFolder = mkdtempSync(path.join(tmpdir(), "berth-identity-"));
  writeFileSync(path.join(projectFolder, "Pulumi.yaml"), "name: berth\n");
  const target = path.join(projectFolder, file ?? "Pulumi.nowhere.yaml");
  if (stackFile !== undefined) writeFileSync(target, stackFile);
  return identifyStack(spec, { projectFolder, file, env: {} }).postgres.stack?.id;
}

it("the salt or key that Pulumi puts into the stack file makes the identity, wherever the folder is", () => {
  const salt = identify("encryptionsalt: v1:one\nconfig: {}\n");
  expect(salt).toMatch(/^[0-9a-f]{16}$/);
  expect(identify("encryptionsalt: v1:one\n")).toBe(salt);
  expect(identify("encryptionsalt: v1:one\n", "elsewhere.yaml")).toBe(salt);
  expect(identify("encryptionsalt: v1:two\n")).not.toBe(salt);
  expect(identify("encryptedkey: one\n")).toMatch(/^[0-9a-f]{16}$/);
});

it("a file without either, and no file, make none", () => {
  expect(identify("config: {}\n")).toBeUndefined();
  expect(identify(undefined)).toBeUndefined();
});

it("a run without an identity is refused with the line to add, and goes on with that", () => {
  const act = (): unknown => requireIdentity(spec, "organization");
  expect(act).toThrow(/nothing distinguishes this stack from another of the same name/);
  const line = /add to the stack file, and keep it: berth:stack: \{ id: ([0-9a-f]{32}) \}/;
  const id = line.exec(
    String(
      (() => {
        try {
          return act();
        } catch (error) {
          return error;
        }
      })(),
    ),
  )?.[1];
  expect(requireIdentity({ ...spec, stackId: id }, "organization").postgres.stack?.name).toBe(
    "organization/berth/nowhere",
  );
});
