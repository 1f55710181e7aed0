import { mkdirSync } from "node:fs";
import { execa } from "execa";
import { afterAll, afterEach, beforeAll } from "vitest";
import { diagnose } from "../../cli/doctor/diagnose.ts";
import type { Finding } from "../../cli/doctor/report.ts";
import { openWorld, type World } from "../../cli/doctor/world.ts";
import { projectFolder } from "../../components/project-folder.ts";
import { type Cluster, startCluster } from "../tunnel/cluster.ts";
import type { Bed, Config } from "./bed.ts";
import { useBed } from "./use-bed.ts";

/**
 * A bed for the tests of a file, whose stack is healthy, with a gitops checkout and a double of a cluster that leads
 * to its Postgres. Each test leaves it as it was.
 */
export class DoctorBed {
  readonly bed = useBed();
  readonly #repairs: (() => unknown)[] = [];
  #cluster: Cluster | undefined;

  constructor() {
    beforeAll(async () => {
      mkdirSync(this.bed.gitops);
      await execa("git", ["init", "--quiet", "--initial-branch=main", this.bed.gitops]);
      this.#cluster = await startCluster();
      fillCluster(this.cluster, this.bed.sandbox.superuser.port);
    });

    afterAll(async () => {
      await this.cluster.stop();
    });

    afterEach(async () => {
      for (const repair of this.#repairs.splice(0).toReversed()) await repair();
    });
  }

  get cluster(): Cluster {
    if (this.#cluster === undefined) throw new Error("the cluster has not been started");
    return this.#cluster;
  }

  world(env: Readonly<Record<string, string | undefined>> = {}): World {
    return worldOf(this.bed, env);
  }

  run(world: World = this.world()): Promise<readonly Finding[]> {
    return diagnose(world, { name: "dev", file: this.bed.sandbox.stackFile });
  }

  /** What a test calls to undo what it breaks, the newest first. */
  later(repair: () => unknown): void {
    this.#repairs.push(repair);
  }

  configure(edit: (config: Config) => void): void {
    this.later(this.bed.configure(edit));
  }

  throughCluster(changes: Readonly<Record<string, unknown>> = {}): void {
    this.configure((config) => {
      config["berth:postgres"]["endpoint"] = {
        kubernetes: {
          kubeconfig: this.cluster.kubeconfig,
          context: "home",
          namespace: "db-postgres",
          service: "postgres-postgresql",
          ...changes,
        },
      };
    });
  }

  async breakBy(broken: string, repaired: string): Promise<void> {
    await this.bed.sql(broken);
    this.later(() => this.bed.sql(repaired));
  }
}

/** What the sandbox's user sees, with changes. */
export function worldOf(bed: Bed, env: Readonly<Record<string, string | undefined>> = {}): World {
  const before = { ...process.env };
  Object.assign(process.env, bed.toolchain.env, bed.sandbox.env);
  for (const [name, value] of Object.entries(env)) {
    if (value === undefined) Reflect.deleteProperty(process.env, name);
    else process.env[name] = value;
  }
  try {
    return openWorld(projectFolder);
  } finally {
    process.env = before;
  }
}

function fillCluster(cluster: Cluster, port: number): void {
  cluster.leadTo(port);
  const { api } = cluster;
  const kind = (name: string) => ({ resources: [{ name }] });
  api.extensions.set("/apis/onepassword.com/v1", kind("onepassworditems"));
  api.extensions.set("/apis/onepassword.com/v1/onepassworditems", { items: [] });
  api.extensions.set("/apis/argoproj.io/v1alpha1", kind("applications"));
  const health = "resource.customizations.health.argoproj.io_Application";
  api.extensions.set("/api/v1/namespaces/argocd/configmaps/argocd-cm", { data: { [health]: "" } });
  const image = "1password/onepassword-operator:1.8.1";
  const operator = {
    metadata: { name: "onepassword-connect-operator", namespace: "1password" },
    spec: { template: { spec: { containers: [{ image }] } } },
    status: { readyReplicas: 1 },
  };
  api.extensions.set("/apis/apps/v1/deployments", { items: [operator] });
}

/** Findings of a kind, a line each. */
export function withStatus(findings: readonly Finding[], status: Finding["status"]): string[] {
  return findings
    .filter((finding) => finding.status === status)
    .map(({ group, name, detail, fix }) => `${group}: ${name}: ${detail} fix: ${fix ?? ""}`);
}

export const failures = (findings: readonly Finding[]): string[] => withStatus(findings, "failed");
