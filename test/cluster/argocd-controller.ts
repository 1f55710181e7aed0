import {
  buildHealthSettings,
  healthChecks,
} from "../../components/delivery/argocd/health-checks.ts";
import { type Manifest, namespace } from "../../dev/cluster/objects.ts";

/** What an installation of Argo CD has, with the health checks that Berth prints. */
export function installation(argocd: string): readonly Manifest[] {
  const labels = { "app.kubernetes.io/part-of": "argocd" };
  const metadata = { name: "argocd-cm", namespace: argocd, labels };
  return [
    namespace(argocd),
    {
      apiVersion: "argoproj.io/v1alpha1",
      kind: "AppProject",
      metadata: { name: "default", namespace: argocd },
      spec: {
        sourceRepos: ["*"],
        destinations: [{ server: "*", namespace: "*" }],
        clusterResourceWhitelist: [{ group: "*", kind: "*" }],
      },
    },
    { apiVersion: "v1", kind: "Secret", metadata: { ...metadata, name: "argocd-secret" } },
    { ...buildHealthSettings(argocd, healthChecks), metadata },
  ];
}
