import { readFileSync } from "node:fs";
import { beforeAll, expect, it } from "vitest";
import { useBed } from "./use-bed.ts";

/** An app whose login Vault makes, through the real engine. 1Password has no item for it. */

const bed = useBed();

beforeAll(() => {
  bed.configure((config) => {
    config["berth:secrets"] = { vault: { address: "http://vault.tools:8200" } };
    const { basketball } = config["berth:apps"];
    const wiki = {
      credentials: "vault",
      vault: { restart: ["Deployment/wiki"] },
      secrets: { "wiki-config": { from: "vault" } },
    };
    config["berth:apps"] = { basketball, wiki };
  });
});

it("is previewed, brought up, and left alone by the next run", async () => {
  const preview = await bed.preview();
  expect(preview.exitCode, preview.output).toBe(0);
  expect(preview.output).toContain(`"wiki_role"`);
  await bed.bringUp();
  await bed.expectNoChanges();
  const refreshed = await bed.pulumi(["refresh", "--yes", "--expect-no-changes"]);
  expect(refreshed.exitCode, refreshed.output).toBe(0);
});

it("has its manifests in the tree, and none next to the database", () => {
  const read = (file: string): string => readFileSync(`${bed.gitops}/${file}`, "utf8");
  expect(read("k8s/infra/wiki/00-vaultdynamicsecrets-infra-wiki.yaml")).toContain(
    "path: creds/wiki",
  );
  expect(read("k8s/infra/wiki/00-vaultstaticsecrets-infra-wiki.yaml")).toContain(
    "path: wiki/config",
  );
  expect(read("k8s/db-provisioning/postgres-admin/00-vaultconnection.yaml")).toContain(
    "http://vault.tools:8200",
  );
  expect(() => read("argocd/apps/db/wiki-db-provisioner.yml")).toThrow("ENOENT");
});

it("is verified with a login that verify makes and takes away", async () => {
  const { apps, ok } = await bed.verify();
  const failed = apps.flatMap(({ checks }) => checks).filter((check) => !check.ok);
  expect(failed).toEqual([]);
  expect(ok).toBe(true);
  expect(await bed.sql("select from pg_roles where rolname like 'berth_verify%'")).toEqual([]);
});

it("goes from the program like any other, and keeps its database", async () => {
  bed.configure((config) => {
    const { basketball } = config["berth:apps"];
    config["berth:apps"] = { basketball };
  });
  await bed.bringUp();
  expect(() => readFileSync(`${bed.gitops}/argocd/apps/infra/wiki.yml`)).toThrow("ENOENT");
  expect(await bed.sql("select from pg_database where datname = 'wiki'")).toHaveLength(1);
});
