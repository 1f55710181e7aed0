import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { homedir, tmpdir } from "node:os";
import path from "node:path";
import { expect, test } from "vitest";
import {
  findFileBackend,
  findStatePackages,
  readState,
} from "../components/engine/file-backend.ts";

test("a state names the packages whose plugins its resources need, once each", () => {
  const folder = mkdtempSync(path.join(tmpdir(), "berth-backend-"));
  const stacks = path.join(folder, ".pulumi/stacks/berth");
  mkdirSync(stacks, { recursive: true });
  const resources = ["berth", "postgresql", "postgresql"].map((name) => ({
    urn: `urn:pulumi:prod::berth::pulumi:providers:${name}::${name}`,
    type: `pulumi:providers:${name}`,
  }));
  const state = { version: 3, checkpoint: { latest: { resources } } };
  writeFileSync(path.join(stacks, "prod.json"), JSON.stringify(state, undefined, 4));
  const backend = { folder, project: "berth" };
  expect(findStatePackages(readState(backend, "prod"))).toEqual(["berth", "postgresql"]);
  expect(findStatePackages(readState(backend, "test"))).toEqual([]);
  rmSync(folder, { recursive: true });
});

test("options in the address of a backend are no part of its folder", () => {
  const project = mkdtempSync(path.join(tmpdir(), "berth-project-"));
  writeFileSync(path.join(project, "Pulumi.yaml"), "name: wharf\n");
  const findFolder = (address: string) =>
    findFileBackend(project, { PULUMI_BACKEND_URL: `file://${address}` })?.folder;
  expect(findFolder("/srv/states?metadata=skip")).toBe("/srv/states");
  expect(findFolder("~?metadata=skip")).toBe(homedir());
  rmSync(project, { recursive: true });
});
