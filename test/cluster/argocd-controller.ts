import { readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { execa } from "execa";
import { parse, stringify } from "yaml";
import {
  buildHealthSettings,
  healthChecks,
} from "../../components/delivery/argocd/health-checks.ts";
import { type Manifest, namespace } from "../../dev/cluster/objects.ts";
import { Bed } from "../engine/bed.ts";

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

/**
 * Starts Argo CD's application controller and repository server on a cluster, as its administrator.
 *
 * @param folder For their files, and for those alone.
 */
export function startArgoCd(
  program: string,
  argocd: string,
  { kubeconfig, folder }: { readonly kubeconfig: string; readonly folder: string },
) {
  const own = path.join(folder, "kubeconfig");
  const users = parse(readFileSync(kubeconfig, "utf8")) as object;
  writeFileSync(own, stringify({ ...users, "current-context": "admin" }), { mode: 0o600 });
  const env = { KUBECONFIG: own, TMPDIR: folder, HOME: folder };
  const running = execa(program, [argocd], { env, all: true, reject: false });
  running.all.on("data", (chunk: Buffer) => {
    // A failed test shows it.
    Bed.printed.push(chunk.toString());
  });
  return running;
}
