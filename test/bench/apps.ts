import { Bed } from "../engine/bed.ts";
import { entry } from "./entry.ts";
import { serverSettings } from "./server.ts";

export const password = "BenchPassword0123456789";

/** Shows how far it is. */
export type Say = (line: string) => unknown;

export interface BenchStack {
  readonly names: readonly string[];
  readonly provisioner?: "berth" | "postgresql";
  /** Whether files are written as well; psql writes none. */
  readonly manifests?: boolean;
  readonly isAdminSuperuser?: boolean;
}

/** Opens a bed whose stack has the apps and whose server logs logins and statements. */
export async function withApps<T>(stack: BenchStack, use: (bed: Bed) => Promise<T>): Promise<T> {
  const { names, provisioner = "berth", manifests = false, isAdminSuperuser = false } = stack;
  const bed = await Bed.open({ settings: serverSettings, isAdminSuperuser });
  try {
    for (const name of names) {
      await bed.addLogin(`${name}-db-credentials`, name, password);
      await bed.addLogin(`${name}-rw-db-credentials`, `${name}_rw`, password);
    }
    bed.configure((config) => {
      const workload = { git: { path: "apps/bench" } };
      const made = manifests ? { ...entry, workload } : entry;
      config["berth:apps"] = Object.fromEntries(names.map((name) => [name, made]));
      config["berth:postgres"]["provisioner"] = provisioner;
      if (!manifests) delete config["berth:gitops"];
    });
    return await use(bed);
  } finally {
    await bed.close();
  }
}

export function makeNames(n: number): string[] {
  return Array.from({ length: n }, (_, index) => `bench${String(index + 1)}`);
}

/** Fails with everything that Pulumi said. */
export async function expectSuccess(run: ReturnType<Bed["up"]>): Promise<void> {
  const { exitCode, output } = await run;
  if (exitCode !== 0) throw new Error(`pulumi failed:\n${output}`);
}
