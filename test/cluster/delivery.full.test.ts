import { readFileSync } from "node:fs";
import {
  type KubernetesObject,
  type KubernetesObjectApi,
  PatchStrategy,
} from "@kubernetes/client-node";
import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import { apply, type Manifest, namespace, openApi } from "../../dev/cluster/objects.ts";
import { Bed, type Config } from "../engine/bed.ts";
import { readIfThere } from "./cluster-bed.ts";

/** Cluster mode on a real API server with the real definitions, in the order an operator meets it. */

const item = {
  apiVersion: "onepassword.com/v1",
  kind: "OnePasswordItem",
  metadata: { name: "netbox-db-credentials", namespace: "delivery-netbox" },
};
const application = {
  apiVersion: "argoproj.io/v1alpha1",
  kind: "Application",
  metadata: { name: "netbox", namespace: "argocd" },
};
const appNamespace = { apiVersion: "v1", kind: "Namespace", metadata: { name: "delivery-netbox" } };

let bed: Bed;
let kubeconfig: string;
let api: KubernetesObjectApi;

beforeAll(async () => {
  kubeconfig = inject("cluster").kubeconfig;
  api = openApi(kubeconfig);
  for (const name of ["argocd", "delivery-db"]) await apply(api, namespace(name));
  bed = await Bed.open({
    configure: (written) => {
      toClusterMode(written as Config);
    },
  });
});

afterAll(async () => {
  await bed.close();
});

function toClusterMode(config: Config): void {
  delete config["berth:gitops"];
  config["berth:cluster"] = { kubeconfig, context: "admin" };
  // In namespaces of its own, beside what other files have in the cluster.
  config["berth:postgres"]["namespace"] = "delivery-db";
  const { netbox } = config["berth:apps"];
  config["berth:apps"] = { netbox: { ...(netbox as object), namespace: "delivery-netbox" } };
}

const read = (object: Manifest) => readIfThere(api, object);

describe("a fresh cluster", () => {
  it("is previewed without a write", async () => {
    const { output, exitCode } = await bed.preview();
    expect(output).toContain("identifier: ");
    expect(exitCode, output).toBe(0);
    expect(await read(appNamespace)).toBeUndefined();
  });

  it("gets namespaces, items and Applications in one run, and nothing in the next", async () => {
    await bed.bringUp();
    expect(await read(item)).toMatchObject({
      spec: { itemPath: expect.stringMatching(/^vaults\//) as string },
    });
    expect(await read(application)).toMatchObject({ spec: { project: "default" } });
    expect(await bed.bringUp()).not.toMatch(/\d+ (created|updated|deleted|replaced)/);
    await bed.expectNoChanges();
  });

  it("was sent nothing that its definitions do not know", () => {
    expect(bed.outputs.join("\n")).not.toMatch(/unknown field/i);
  });

  it("has the stack as manager of every object", async () => {
    const managers = (await read(item))?.metadata.managedFields?.map(({ manager }) => manager);
    expect(managers).toEqual(["berth-dev"]);
  });
});

describe("drift", () => {
  it("is put right: what was edited, and what was deleted", async () => {
    const merge = { ...item, spec: { itemPath: "vaults/x/items/y" } };
    await api.patch(
      merge,
      undefined,
      undefined,
      "kubectl-edit",
      undefined,
      PatchStrategy.MergePatch,
    );
    await api.delete(application);
    const { output, exitCode } = await bed.pulumi([
      "up",
      "--yes",
      "--skip-preview",
      "--refresh",
      "--suppress-progress",
    ]);
    expect(exitCode, output).toBe(0);
    expect(await read(item)).not.toMatchObject({ spec: { itemPath: "vaults/x/items/y" } });
    expect(await read(application)).toBeDefined();
  });
});

describe("a preview without a cluster", () => {
  it("goes on where CI says so, and says what it does not know", async () => {
    const { output, exitCode } = await bed.pulumi(["preview"], { BERTH_OFFLINE: "true" });
    expect(output).toContain("not compared with the cluster (BERTH_OFFLINE=true)");
    expect(exitCode, output).toBe(0);
  });
});

describe("what is refused", () => {
  it("another cluster than the one pinned, before anything is written", async () => {
    const output = await bed.failUp((config) => {
      config["berth:cluster"] = { kubeconfig, context: "admin", identifier: "another" };
    });
    expect(output).toContain("is not the stack's cluster");
  });

  it("an object that others made, and nothing is done to it; with adopt it is taken over", async () => {
    const foreign = {
      ...item,
      metadata: { name: "wiki-db-credentials", namespace: "delivery-netbox" },
    };
    const spec = { itemPath: "vaults/mine/items/mine" };
    await api.create({ ...foreign, spec } as KubernetesObject, undefined, undefined, "by-hand");
    await bed.addLogin("wiki-db-credentials", "wiki", "wiki-password-of-test");
    const restore = bed.configure((config) => {
      config["berth:apps"]["wiki"] = { namespace: "delivery-netbox" };
    });
    expect(await bed.failUp()).toContain(
      "OnePasswordItem delivery-netbox/wiki-db-credentials exists and was not made by this stack (applied by by-hand)",
    );
    expect(await read(foreign)).toMatchObject({ spec });
    bed.configure((config) => {
      config["berth:cluster"] = { kubeconfig, context: "admin", adopt: true };
    });
    expect(await bed.bringUp()).toContain(
      "adopting: OnePasswordItem delivery-netbox/wiki-db-credentials",
    );
    expect(await read(foreign)).not.toMatchObject({ spec });
    restore();
    await bed.bringUp();
    expect(await read(foreign)).toBeUndefined();
    expect(await read(item)).toBeDefined();
  });
});

describe("the way from Git", () => {
  it("removes the files after the objects are there, and back again", async () => {
    const restore = bed.configure((config) => {
      delete config["berth:cluster"];
      config["berth:gitops"] = { directory: bed.gitops, repoURL: "https://git.example.org/g.git" };
    });
    await bed.bringUp();
    expect(await read(item)).toBeUndefined();
    expect(readFileSync(`${bed.gitops}/argocd/apps/infra/netbox.yml`, "utf8")).toContain("netbox");
    restore();
    await bed.bringUp();
    expect(await read(item)).toBeDefined();
    expect(() => readFileSync(`${bed.gitops}/argocd/apps/infra/netbox.yml`)).toThrow("ENOENT");
  });
});

describe("destroy", () => {
  it("takes the objects away and leaves the namespaces", async () => {
    const { output, exitCode } = await bed.pulumi(["destroy", "--yes", "--skip-preview"]);
    expect(exitCode, output).toBe(0);
    expect(await read(item)).toBeUndefined();
    expect(await read(application)).toBeUndefined();
    expect(await read(appNamespace)).toBeDefined();
  });

  it("and a run that was killed over them is finished by the next", async () => {
    const run = bed.startUp();
    run.all.on("data", (chunk: Buffer) => {
      if (/OnePasswordItem .*creat/.test(chunk.toString())) run.kill("SIGKILL");
    });
    expect((await run).isTerminated).toBe(true);
    await bed.pulumi(["cancel", "--yes"]);
    await bed.bringUp();
    await bed.expectNoChanges();
    expect(await read(item)).toBeDefined();
    expect(await read(application)).toBeDefined();
  });

  it("and nothing printed a secret", () => {
    const printed = bed.outputs.join("\n");
    expect(bed.secrets().filter((secret) => printed.includes(secret))).toEqual([]);
  });
});
