import type { AppSpec, StackSpec } from "../spec.ts";

/** What a provisioning Job cannot do or lacks, each problem with its key path. */
export function findJobProblems(spec: StackSpec): string[] {
  const apps = spec.apps.filter(({ provisioner }) => provisioner === "job");
  if (apps.length === 0) return [];
  return [
    ...(spec.postgres.systemIdentifier === undefined
      ? [
          "berth:postgres.systemIdentifier: missing; a Job must know which server it is for (select system_identifier from pg_control_system())",
        ]
      : []),
    ...apps.flatMap(findAppProblems),
  ];
}

function findAppProblems({ name, adopt, delivery }: AppSpec): string[] {
  const at = `berth:apps.${name}`;
  return [
    ...(delivery === "none"
      ? [`${at}.provisioner: "job" needs berth:gitops or berth:cluster, which bring the Job there`]
      : []),
    ...(adopt
      ? [
          `${at}.adopt: got true; a Job adopts nothing; let provisioner berth adopt the app, then take adopt out and change to job`,
        ]
      : []),
  ];
}
