import { kindOf } from "../../../components/delivery/cluster/kinds.ts";
import { describeObject } from "../../../components/delivery/cluster/objects.ts";
import type { KubernetesObject } from "../../../components/delivery/yaml.ts";
import type { KubeAccess } from "../../../components/kubernetes/access.ts";
import type { Outcome, Passed, Report } from "../report.ts";
import { listAll } from "./list-all.ts";

/** An object whose operator says whether it is ready, as far as that is read. */
interface Live {
  readonly metadata: { readonly name: string; readonly namespace?: string };
  readonly status?: {
    readonly conditions?: readonly {
      readonly type: string;
      readonly status: string;
      readonly reason?: string;
      readonly message?: string;
    }[];
  };
}

/** The kinds with a condition `Ready`. */
const kinds = ["ClusterSecretStore", "SecretStore", "ExternalSecret", "OnePasswordItem"];

/** An operator that runs may still not reach 1Password, or not find an item. Objects that are not there are left out. */
export async function checkReadiness(
  report: Report,
  group: string,
  objects: readonly KubernetesObject[],
  cluster: Outcome<{ readonly access: KubeAccess }>,
): Promise<void> {
  const byKind = Map.groupBy(
    objects.filter(({ kind }) => kinds.includes(kind)),
    ({ kind }) => kind,
  );
  for (const [kind, wanted] of byKind) {
    const about = { group, name: `state of ${kind}s`, fix: `kubectl get ${kind.toLowerCase()} -A` };
    await report.check(about, [cluster], ({ access }) => findUnready(access, wanted));
  }
}

async function findUnready(
  access: KubeAccess,
  wanted: readonly KubernetesObject[],
): Promise<Passed<undefined>> {
  const [first] = wanted;
  if (first === undefined) throw new Error("there is an object of each kind");
  const { apiVersion, kind, resource } = kindOf(first);
  const names = new Set(wanted.map(describeObject));
  const all = await listAll<Live>(access, `/apis/${apiVersion}/${resource}`, `${kind}s`);
  const live = all
    .map((one) => ({ ...one, apiVersion, kind }))
    .filter((one) => names.has(describeObject(one)));
  const states = live.map((one) => ({ one, why: whyUnready(one) }));
  const ready = states.filter(({ why }) => why === undefined).length;
  return {
    detail: `${String(ready)} ready of ${String(wanted.length)}, ${String(live.length)} are there`,
    warnings: states.flatMap(({ one, why }) => {
      if (why === undefined) return [];
      const { name, namespace } = one.metadata;
      const at = namespace === undefined ? "" : ` -n ${namespace}`;
      return [
        {
          detail: `${describeObject(one)} is not ready: ${why}`,
          fix: `${access.context.kubectl}${at} describe ${kind.toLowerCase()} ${name}`,
        },
      ];
    }),
  };
}

/** undefined = the object is ready. */
function whyUnready({ status }: Live): string | undefined {
  const ready = status?.conditions?.find(({ type }) => type === "Ready");
  if (ready?.status === "True") return undefined;
  if (ready === undefined) return "its operator has not said anything about it yet";
  return (
    [ready.reason, ready.message].filter(Boolean).join(": ") || "its operator does not say why"
  );
}
