/** Values of a Helm chart, or a part of them. */
export type Values = Readonly<Record<string, unknown>>;

/**
 * How a chart takes its database. The values have the placeholders of `workload.helm.values`. A key `*` stands for
 * one key whose name the user chooses, such as a controller of app-template.
 */
export interface Preset {
  readonly chart: string;
  /** Repository of the chart, as Argo CD takes it. */
  readonly repoURL: string;
  /** Versions of the chart that the values are for, as a semver range. */
  readonly versions: string;
  /** The version that the facts are from. */
  readonly seen: string;
  /** Where the facts are from. */
  readonly source: string;
  readonly values: Values;
  /** Keys of the owner's Secret that the values name, as templates. The entry's own keys count more. */
  readonly keys?: Readonly<Record<string, string>>;
}

/** A key of the app's Secret, as Kubernetes takes it in an environment. */
export function fromSecret(key: string) {
  return { secretKeyRef: { name: "${secret}", key } } as const;
}

/** The entries of an environment list that bring the login. */
export function loginEnv(user: string, password: string) {
  return [
    { name: user, valueFrom: fromSecret("username") },
    { name: password, valueFrom: fromSecret("password") },
  ];
}
