import type { ClusterSpec } from "../../../components/config/spec/delivery.ts";
import type { StackSpec } from "../../../components/config/spec.ts";
import { decideCluster } from "../../../components/delivery/cluster/findings.ts";
import { inspectCluster } from "../../../components/delivery/cluster/inspect.ts";
import { type ClusterPlan, listObjects } from "../../../components/delivery/cluster/objects.ts";
import { toAnyId } from "../../../components/delivery/emitted-kinds.ts";
import { planStackDelivery } from "../../../components/delivery/stack-delivery.ts";
import type { KubeAccess } from "../../../components/kubernetes/access.ts";
import { NotNeeded, type Outcome, type Passed, type Report } from "../report.ts";
import { askVersion, openContext, requireRights } from "./access.ts";
import { checkMakers } from "./operators.ts";
import { planDeliveryRights } from "./rights.ts";

/**
 * Cluster mode: the cluster that gets the manifests, the rights there, and what a run would find, decided by
 * the same code as a run. Missing kinds are failures, because nobody else applies the objects.
 */

const group = "delivery";

interface Target {
  readonly spec: StackSpec;
  readonly cluster: ClusterSpec;
  readonly plans: readonly ClusterPlan[];
  readonly access: KubeAccess;
}

export async function checkDelivery(report: Report, spec: Outcome<StackSpec>): Promise<void> {
  const edit = "correct berth:cluster";
  const context = await report.check({ group, name: "kubeconfig", fix: edit }, [spec], openTarget);
  const server = await report.check(
    { group, name: "API server", fix: "kubectl cluster-info" },
    [context],
    async ({ access }) => ({ detail: (await askVersion(access)).detail }),
  );
  const rights = await report.check(
    { group, name: "rights", fix: edit },
    [context, server],
    checkRights,
  );
  const objects = await report.check(
    { group, name: "objects", fix: edit },
    [context, server, rights],
    checkObjects,
  );
  const target = "value" in objects ? context : objects;
  const all = "value" in context ? listAll(context.value) : [];
  await checkMakers(report, group, all, target);
}

async function openTarget(spec: StackSpec): Promise<Passed<Target>> {
  const { cluster } = spec;
  if (cluster === undefined) throw new NotNeeded("the stack has no berth:cluster");
  const plans = planStackDelivery(spec, toAnyId).applied;
  const { kubeconfig, context } = cluster;
  const choice = { kubeconfig, context, setting: "berth:cluster" };
  const { access, detail } = await openContext(choice);
  return { value: { spec, cluster, plans, access }, detail };
}

async function checkRights({ access, plans }: Target): Promise<Passed<undefined>> {
  const rights = planDeliveryRights(plans);
  await requireRights(access, rights);
  const resources = [...new Set(rights.map(({ resource }) => resource))];
  return { detail: `on ${resources.join(", ")}` };
}

async function checkObjects(target: Target): Promise<Passed<undefined>> {
  const { spec, cluster, plans } = target;
  const facts = await inspectCluster(cluster, plans);
  const { warnings } = decideCluster(spec, cluster, plans, facts);
  const counts = `${String(facts.objects.size)} of ${String(listAll(target).length)} exist`;
  return {
    detail: `cluster ${facts.identifier}: ${counts}`,
    warnings: warnings.map(({ what, fix = "pulumi preview shows what becomes of it" }) => ({
      detail: what,
      fix,
    })),
  };
}

function listAll({ plans }: Target) {
  return plans.flatMap(listObjects);
}
