import { askPulumi } from "./backend.ts";
import type { Outcome, Report } from "./report.ts";
import type { World } from "./world.ts";

/** The part of `pulumi stack export` that is looked at. */
interface Export {
  readonly deployment?: {
    readonly pending_operations?: readonly {
      readonly type: string;
      readonly resource: { readonly urn: string };
    }[];
  };
}

/** What runs that were killed have left in the state, and Pulumi does not forget by itself. */
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
    if (pending.length === 0) return { value: undefined, detail: "no run was killed halfway" };
    const named = pending.map(
      ({ type, resource }) => `${resource.urn.split("::").at(-1) ?? ""} (${type})`,
    );
    const detail = `a run was killed while it was at ${named.join(", ")}; the next pulumi up takes up what is there, and warns in every run`;
    const mend = `pulumi up --stack ${stack}, then pulumi refresh --clear-pending-creates --stack ${stack}; with export PULUMI_SKIP_CHECKPOINTS=true Pulumi notes none`;
    return { value: undefined, detail, warnings: [{ detail, fix: mend }] };
  });
}
