import { parseStack } from "../../../components/config/parse.ts";
import type { StackSpec } from "../../../components/config/spec.ts";
import type { Application } from "../../../components/delivery/argocd/application.ts";
import type { AppProject } from "../../../components/delivery/argocd/project.ts";
import { listObjects } from "../../../components/delivery/cluster/objects.ts";
import { isFiles, planStackDelivery } from "../../../components/delivery/stack-delivery.ts";
import type { KubernetesObject } from "../../../components/delivery/yaml.ts";
import { type Written, writeStack } from "../../fakes/stack.ts";
import { toItemId } from "../stack.ts";

/** The manifests of a stack file. */

export const gitops = {
  directory: "../gitops",
  path: "clusters/home",
  repoURL: "https://g.example.org/g.git",
};
export const cluster = { context: "home" };
export const helm = { repoURL: "oci://charts.example.org/x", chart: "wiki", version: "1.0.0" };

/** What Jobs and External Secrets need beside the apps. */
export const settings: Written = {
  postgres: writeStack({}, { systemIdentifier: "7", tls: { mode: "disable" } })["postgres"],
  secrets: {
    store: { connect: { host: "http://c:8080", tokenSecret: { namespace: "c", name: "t" } } },
  },
};

export function plan(apps: Written, more: Written = {}, stack = "prod"): StackSpec {
  const place = more["cluster"] === undefined ? { gitops } : {};
  return parseStack(stack, { ...writeStack(apps), ...place, ...more });
}

/** Every object, by its path or, if it is applied, by its kind and name. */
export function list(spec: StackSpec): readonly (readonly [string, KubernetesObject])[] {
  const delivery = planStackDelivery(spec, toItemId);
  return [delivery.shared, ...spec.apps.map(delivery.ofApp)].flatMap((one) => {
    if (one === undefined) return [];
    if (!isFiles(one)) return listObjects(one).map((object) => ["applied", object] as const);
    return one.files.flatMap(({ path, objects }) =>
      objects.map((object) => [path, object] as const),
    );
  });
}

export const applicationsOf = (spec: StackSpec): readonly Application[] =>
  list(spec).flatMap(([, object]) => (isApplication(object) ? [object] : []));

const isApplication = (object: KubernetesObject): object is Application =>
  object.kind === "Application";

export const applicationOf = (spec: StackSpec, name = "wiki"): Application | undefined =>
  applicationsOf(spec).find(({ metadata }) => metadata.name === name);

export const projectsIn = (spec: StackSpec): readonly AppProject[] =>
  list(spec).flatMap(([, object]) => (isProject(object) ? [object] : []));

const isProject = (object: KubernetesObject): object is AppProject => object.kind === "AppProject";
