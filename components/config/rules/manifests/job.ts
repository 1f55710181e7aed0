import { type Problem, problemWhen } from "../../../errors.ts";
import type { AppSpec, StackSpec } from "../../spec.ts";

/** Settings that a provisioning Job needs or does not support, each problem with its key path. */
export function findJobProblems(spec: StackSpec): Problem[] {
  const apps = spec.apps.filter(({ provisioner }) => provisioner === "job");
  if (apps.length === 0) return [];
  return [
    ...problemWhen(
      spec.postgres.systemIdentifier === undefined,
      "berth:postgres.systemIdentifier",
      "missing; a Job checks it before it changes a server (select system_identifier from pg_control_system())",
    ),
    ...problemWhen(
      spec.postgres.tls.client !== undefined,
      "berth:postgres.tls.cert",
      `a Job cannot use it, because its key would have to be in the cluster; remove cert and key, or set provisioner to berth for ${apps.map(({ name }) => name).join(", ")}`,
    ),
    ...apps.flatMap(findAppProblems),
  ];
}

function findAppProblems({ name, adopt, delivery }: AppSpec): Problem[] {
  const at = `berth:apps.${name}`;
  return [
    ...problemWhen(
      delivery === "none",
      `${at}.provisioner`,
      `got "job"; add berth:gitops or berth:cluster to deliver the Job`,
    ),
    ...problemWhen(
      adopt,
      `${at}.adopt`,
      "got true; a Job adopts nothing; adopt the app with provisioner berth first, then remove adopt and set provisioner to job",
    ),
  ];
}
