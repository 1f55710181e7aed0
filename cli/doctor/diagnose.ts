import path from "node:path";
import { appliesManifests } from "../../components/config/plugins.ts";
import { checkBackend, checkPassphrase, checkStackExists } from "./backend.ts";
import { checkCluster, checkTarget } from "./cluster/access.ts";
import { checkDelivery } from "./cluster/delivery.ts";
import { checkHealthChecks, checkOperators } from "./cluster/operators.ts";
import { checkNode, checkPlugins, checkPulumi } from "./machine.ts";
import { checkItems, checkOnePassword } from "./onepassword.ts";
import { checkLock, checkPending } from "./pending.ts";
import { checkPostgres } from "./postgres.ts";
import { type Finding, type Outcome, Report } from "./report.ts";
import { checkGitOps, checkStackFile } from "./stack.ts";
import { checkVault } from "./vault.ts";
import type { World } from "./world.ts";

/** Runs all checks for the first run of a stack. Each check comes after those that it needs. */
export async function diagnose(
  world: World,
  stack: { readonly name: string; readonly file: string | undefined },
  onFinding?: (finding: Finding) => void,
): Promise<readonly Finding[]> {
  const report = new Report(onFinding);
  const file = path.resolve(world.project, stack.file ?? `Pulumi.${stack.name}.yaml`);
  const spec = await checkStackFile(report, world, { name: stack.name, file });
  await checkNode(report, world);
  const pulumi = await checkPulumi(report, world);
  await checkPlugins(report, world, [pulumi, spec]);
  const backend = await checkBackend(report, world, pulumi);
  const exists = await checkStackExists(report, world, stack.name, backend);
  await checkLock(report, world, stack.name, exists);
  await checkPending(report, world, stack.name, exists);
  await checkPassphrase(report, world, file, backend);
  await checkGitOps(report, world, spec);
  const access = await checkOnePassword(report, world);
  const admin = await checkItems(report, [spec, access]);
  await checkVault(report, world, spec);
  if ("value" in spec && appliesManifests(spec.value)) await checkDelivery(report, spec);
  // Jobs log in from the cluster. Without a way from this machine only `verify` fails.
  const apps = "value" in spec ? spec.value.apps : [];
  if (apps.length > 0 && apps.every(({ provisioner }) => provisioner === "job")) report.onlyWarn();
  const cluster = await checkCluster(report, spec);
  const isDirect = "value" in spec && spec.value.postgres.endpoint.kind === "direct";
  let way: Outcome<unknown> = spec;
  if (!isDirect) {
    way = await checkTarget(report, cluster);
    await checkOperators(report, [spec, cluster]);
    await checkHealthChecks(report, [spec, cluster]);
  }
  await checkPostgres(report, spec, way, admin);
  return report.findings;
}
