import { pulumiLine } from "../../components/command-line.ts";
import { findFileBackend } from "../../components/engine/file-backend.ts";
import { requireUnlocked } from "../../components/engine/stack-locks.ts";
import { parseUrn } from "../../components/urn.ts";
import { askPulumi } from "./backend.ts";
import { NotNeeded, type Outcome, type Report, warn } from "./report.ts";
import type { World } from "./world.ts";

/** The part of `pulumi stack export` that Berth reads. */
interface Export {
  readonly deployment?: {
    readonly pending_operations?: readonly {
      readonly type: string;
      readonly resource: { readonly urn: string };
    }[];
  };
}

/** Checks the state for pending operations of a killed run. Pulumi keeps them until a refresh. */
export async function checkPending(
  report: Report,
  world: World,
  stack: string,
  exists: Outcome<unknown>,
): Promise<void> {
  const fix = `pulumi stack export --stack ${stack}`;
  await report.check({ group: "machine", name: "pending", fix }, [exists], async () => {
    const answer = (await askPulumi(world, ["stack", "export", "--stack", stack])) as Export;
    const pending = answer.deployment?.pending_operations ?? [];
    if (pending.length === 0) return { detail: "no run was killed halfway" };
    const named = pending.map(({ type, resource }) => `${parseUrn(resource.urn).name} (${type})`);
    const detail = `a run was killed during ${named.join(", ")}; the next pulumi up adopts what is there, and every run warns`;
    const fixPending = `${pulumiLine("up", stack)}, then ${pulumiLine("refresh --clear-pending-creates", stack)}; with export PULUMI_SKIP_CHECKPOINTS=true Pulumi notes none`;
    return warn(detail, fixPending);
  });
}

/** Checks the stack's lock in a file backend. A lock file that was cut off also stops Pulumi. */
export async function checkLock(
  report: Report,
  world: World,
  stack: string,
  exists: Outcome<unknown>,
): Promise<void> {
  const fix = `pulumi cancel --stack ${stack}`;
  await report.check({ group: "machine", name: "lock", fix }, [exists], () => {
    const backend = findFileBackend(world.project, world.env);
    if (backend === undefined) {
      throw new NotNeeded("the backend is not a folder: Pulumi says who holds its lock");
    }
    requireUnlocked(backend, stack);
    return { detail: "nobody holds it" };
  });
}
