import { readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Manifest, namespace, readManifests } from "../../dev/cluster/objects.ts";
import { waitForSecrets } from "../../dev/cluster/sandbox-cluster.ts";
import { waitFor } from "../../dev/cluster/wait-for.ts";
import { keepSafe } from "../engine/use-bed.ts";
import { readAppCatalog } from "../fakes/app-catalog.ts";
import { hasPsql } from "../postgres/psql/run.ts";
import { deliverItems } from "./argocd.ts";
import { ClusterBed } from "./cluster-bed.ts";
import { endJob, hasEnded, runJob } from "./pod.ts";

/**
 * `provisioner: job` on a real API server, with the real operator's Secrets and a real Postgres: no pod
 * runs here, so what a pod would run is taken from the Job in the cluster and run by the real psql.
 */

const roles = ["netbox", "basketball", "admin_app"];
const jobs = ["netbox-db-provision", "basketball-db-provision"];
let cluster: ClusterBed;
/** What came from Git besides the items. */
let applied: readonly Manifest[] = [];

beforeAll(async () => {
  cluster = await ClusterBed.open("job-db");
  await cluster.startOperator();
  await cluster.applyAll([namespace("argocd")]);
  cluster.bed.configure((config) => {
    config["berth:postgres"]["namespace"] = cluster.namespace;
  });
});

afterAll(async () => {
  await cluster.close();
});

keepSafe(() => cluster.bed);

/** Without a controller to take the pods of a Job apart from it, which is the default. */
async function remove(object: Manifest): Promise<void> {
  const pretty = undefined;
  await cluster.api.delete(object, pretty, undefined, undefined, undefined, "Background");
}

function provisionWith(provisioner: "berth" | "job"): void {
  cluster.bed.configure((config) => {
    config["berth:postgres"]["provisioner"] = provisioner;
  });
}

/** As for `provisioner: berth`, save that psql draws the salts. */
async function readCatalog(): Promise<unknown> {
  const ask = (statement: string, database?: string) =>
    cluster.bed.sql<object>(statement, database);
  const names = { roles: [...roles, "berth_dev"], databases: ["netbox", "basketball"] };
  const text = JSON.stringify(await readAppCatalog(ask, names));
  const verifier = /SCRAM-SHA-256\$4096:[A-Za-z0-9+/=]+\$[A-Za-z0-9+/=:]+/g;
  expect(text.match(verifier)).toHaveLength(roles.length);
  return JSON.parse(text.replaceAll(verifier, "verifier"));
}

async function forget(): Promise<void> {
  for (const database of ["netbox", "basketball"])
    await cluster.bed.sql(`drop database ${database}`);
  await cluster.bed.sql(`drop role ${[...roles, "berth_dev"].join(", ")}`);
}

const readLog = () => readFileSync(cluster.bed.sandbox.postgresLog, "utf8");

function expectNoSecretIn(text: string): void {
  expect(cluster.bed.secrets().filter((secret) => text.includes(secret))).toEqual([]);
}

/** The stack, with a way to Postgres that leads nowhere. */
function withoutWay(): () => void {
  return cluster.endpoint((endpoint) => {
    endpoint.service = "nowhere";
  });
}

async function verify(): Promise<string[]> {
  const { apps } = await cluster.bed.verify();
  const checks = apps.flatMap((app) => app.checks);
  expect(checks.length).toBeGreaterThan(8);
  return checks.filter(({ ok }) => !ok).map(({ name, detail }) => `${name}: ${detail}`);
}

describe.skipIf(!hasPsql)("the Job from Git", () => {
  let ofProvider: unknown;

  beforeAll(async () => {
    await cluster.bed.bringUp();
    ofProvider = await readCatalog();
  });

  it("takes over from Berth's own provider, which drops nothing", async () => {
    provisionWith("job");
    await cluster.bed.bringUp();
    expect(await readCatalog()).toEqual(ofProvider);
    await cluster.bed.expectNoChanges();
  });

  it("needs no way to Postgres for pulumi up", async () => {
    await forget();
    const restore = withoutWay();
    writeFileSync(cluster.bed.sandbox.postgresLog, "");
    const { exitCode, output } = await cluster.bed.pulumi([
      "up",
      "--yes",
      "--refresh",
      "--skip-preview",
      "--suppress-progress",
    ]);
    expect(exitCode, output).toBe(0);
    restore();
    expect(readLog()).not.toContain("coachlight_admin");
  });

  it("makes with the operator's Secrets what the provider makes, and logs no password", async () => {
    await deliverItems(cluster.cluster, cluster.bed.gitops);
    const { gitops } = cluster.bed;
    const manifests = readManifests(path.join(gitops, "k8s/db-provisioning"));
    // What Argo CD applies in the waves after the Secrets.
    applied = manifests.filter(({ kind }) => kind !== "OnePasswordItem");
    await cluster.applyAll(applied);
    for (const job of jobs) {
      const { exitCode, output } = await runJob(cluster, job);
      expect(output).toMatch(/app \w+: as planned/);
      expect(exitCode, output).toBe(0);
      expectNoSecretIn(output);
    }
    expect(await readCatalog()).toEqual(ofProvider);
    expectNoSecretIn(readLog());
    expectNoSecretIn(JSON.stringify(manifests));
  });

  it("changes nothing when it runs again", async () => {
    writeFileSync(cluster.bed.sandbox.postgresLog, "");
    for (const job of jobs) expect((await runJob(cluster, job)).exitCode).toBe(0);
    expect(readLog()).toContain("coachlight_admin@netbox");
    expect(readLog()).not.toMatch(/statement: *(grant|revoke|alter|create|drop|comment)/i);
    expect(await readCatalog()).toEqual(ofProvider);
  });

  it("passes verify", async () => {
    expect(await verify()).toEqual([]);
  });

  it("brings a new password to the server once the Secret has it", async () => {
    const changed = `Canary-rotated-"\\'$ %3A@/é-0123456789`;
    await cluster.bed.setField("netbox-db-credentials", "password", changed);
    await waitFor("the new password in the Secret", async () => {
      const secret = await cluster.secret("job-db", "netbox-db-credentials");
      return secret?.["password"] === changed ? true : undefined;
    });
    expect(await verify()).not.toEqual([]);
    expect((await runJob(cluster, "netbox-db-provision")).exitCode).toBe(0);
    expect(await verify()).toEqual([]);
    expect(readLog()).not.toContain(changed);
  });

  it("leaves no work for Berth's own provider but its own verifiers", async () => {
    provisionWith("berth");
    await cluster.bed.bringUp();
    expect(await readCatalog()).toEqual(ofProvider);
    expect(await verify()).toEqual([]);
  });
});

describe.skipIf(!hasPsql)("the Job in cluster mode", () => {
  const job = "netbox-db-provision";
  const application = ["argoproj.io/v1alpha1", "Application", "argocd", "netbox"] as const;

  beforeAll(async () => {
    const items = readManifests(path.join(cluster.bed.gitops, "k8s"));
    for (const object of [...items, ...applied]) await remove(object);
    expect((await cluster.bed.pulumi(["destroy", "--yes", "--skip-preview"])).exitCode).toBe(0);
    await forget();
    cluster.bed.configure((config) => {
      delete config["berth:gitops"];
      config["berth:cluster"] = { kubeconfig: cluster.cluster.kubeconfig, context: "admin" };
      const { netbox } = config["berth:apps"];
      config["berth:apps"] = { netbox: { ...(netbox as object), provisioner: "job" } };
    });
  });

  /** `up`, while a Job that it makes is carried out, or fails unseen. */
  async function upWithJob(outcome: "carried out" | "failed", ...more: string[]) {
    const args = ["up", "--yes", "--skip-preview", "--suppress-progress", ...more];
    const ended: { output?: string } = {};
    const up = cluster.bed.pulumi(args);
    const ran = (async () => {
      const made = await waitFor("the Job", async () => {
        if (ended.output !== undefined)
          throw new Error(`up ended before there was a Job: ${ended.output}`);
        const found = await cluster.read("batch/v1", "Job", cluster.namespace, job);
        return found === undefined || hasEnded(found) ? undefined : found;
      });
      if (outcome === "failed") {
        await endJob(cluster, made, "Failed");
        return;
      }
      const secrets = ["postgres-admin", "netbox-db-credentials"];
      await waitForSecrets(cluster.cluster, secrets.map(toSecret));
      const { exitCode, output } = await runJob(cluster, job);
      expect(exitCode, output).toBe(0);
      await endJob(cluster, made, "Complete");
    })();
    const result = await up;
    ended.output = result.output;
    await ran;
    return result;
  }

  const toSecret = (name: string): Manifest => ({
    apiVersion: "v1",
    kind: "Secret",
    metadata: { name, namespace: cluster.namespace },
  });

  it("fails the run when it fails, and starts nothing that would need the database", async () => {
    const { exitCode, output } = await upWithJob("failed");
    expect(exitCode).not.toBe(0);
    expect(output).toContain("[BackoffLimitExceeded] as a test has it");
    expect(output).not.toContain("was not made by this stack");
    expect(await cluster.read(...application)).toBeUndefined();
  });

  it("is created again by the next run, which waits for it, and by no run after that", async () => {
    const { exitCode, output } = await upWithJob("carried out");
    expect(exitCode, output).toBe(0);
    expect(await cluster.read(...application)).toBeDefined();
    expect(await verify()).toEqual([]);
    await cluster.bed.expectNoChanges();
  });

  it("runs again for a changed plan", async () => {
    cluster.bed.configure((config) => {
      const { netbox } = config["berth:apps"];
      config["berth:apps"]["netbox"] = { ...(netbox as object), database: { connectionLimit: 7 } };
    });
    const { exitCode, output } = await upWithJob("carried out");
    expect(exitCode, output).toBe(0);
    const limit = "select datconnlimit from pg_database where datname = 'netbox'";
    expect(await cluster.bed.sql(limit)).toEqual([{ datconnlimit: 7 }]);
  });

  it("runs again once it was deleted", async () => {
    const found = await cluster.read("batch/v1", "Job", cluster.namespace, job);
    if (found === undefined) throw new Error("there is no Job");
    await remove(found);
    const { exitCode, output } = await upWithJob("carried out", "--refresh");
    expect(exitCode, output).toBe(0);
  });

  it("goes with its app, whose database stays", async () => {
    const { exitCode, output } = await cluster.bed.pulumi(["destroy", "--yes", "--skip-preview"]);
    expect(exitCode, output).toBe(0);
    expect(await cluster.read("batch/v1", "Job", cluster.namespace, job)).toBeUndefined();
    const kept = "select 1 from pg_database where datname = 'netbox'";
    expect(await cluster.bed.sql(kept)).toHaveLength(1);
  });
});
