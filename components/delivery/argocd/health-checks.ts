import { readFileSync } from "node:fs";
import { parse } from "yaml";
import { isPackage } from "../../command-line.ts";

/** A health check that Argo CD needs in `argocd-cm`. */
export interface HealthCheck {
  /** API group and kind, as in the keys of `argocd-cm`. */
  readonly group: string;
  readonly kind: string;
  /** Path of the text, as an administrator can name it. */
  readonly file: string;
  /** Whether Argo CD 3 has one of its own. */
  readonly isBuiltIn: boolean;
  readonly lua: string;
}

const vault = "secrets.hashicorp.com";

/** A check for each kind that another wave waits for. */
export const healthChecks: readonly HealthCheck[] = [
  toCheck("argoproj.io", "Application", "application", false),
  toCheck("onepassword.com", "OnePasswordItem", "ready-condition", true),
  toCheck("external-secrets.io", "ExternalSecret", "ready-condition", true),
  toCheck(vault, "VaultConnection", "vault-access", false),
  toCheck(vault, "VaultAuth", "vault-access", false),
  toCheck(vault, "VaultStaticSecret", "vault-secret", false),
  toCheck(vault, "VaultDynamicSecret", "vault-secret", false),
];

function toCheck(group: string, kind: string, name: string, isBuiltIn: boolean): HealthCheck {
  const lua = readFileSync(new URL(`health/${name}.lua`, import.meta.url), "utf8");
  const file = `${isPackage ? "node_modules/berth/dist/" : ""}components/delivery/argocd/health/${name}.lua`;
  return { group, kind, file, isBuiltIn, lua };
}

/** The check's key in `argocd-cm`. */
export function toHealthKey({ group, kind }: HealthCheck): string {
  return `resource.customizations.health.${group}_${kind}`;
}

/** A ConfigMap with these checks, to apply over `argocd-cm`. */
export function buildHealthSettings(argocdNamespace: string, checks: readonly HealthCheck[]) {
  return {
    apiVersion: "v1",
    kind: "ConfigMap",
    metadata: {
      name: "argocd-cm",
      namespace: argocdNamespace,
      labels: { "app.kubernetes.io/name": "argocd-cm", "app.kubernetes.io/part-of": "argocd" },
    },
    data: Object.fromEntries(checks.map((check) => [toHealthKey(check), check.lua])),
  };
}

/**
 * The checks of these kinds that neither Argo CD nor its settings have. The settings may also have them in one text,
 * there with `*` for several kinds.
 *
 * @see https://argo-cd.readthedocs.io/en/stable/operator-manual/health/#custom-health-checks
 */
export function findMissingChecks(
  kinds: readonly { readonly apiVersion: string; readonly kind: string }[],
  settings: Readonly<Record<string, string>>,
): readonly HealthCheck[] {
  const patterns = readPatterns(settings["resource.customizations"] ?? "");
  return healthChecks
    .filter(({ isBuiltIn }) => !isBuiltIn)
    .filter(({ group, kind }) =>
      kinds.some((one) => one.kind === kind && one.apiVersion.startsWith(`${group}/`)),
    )
    .filter((check) => settings[toHealthKey(check)] === undefined)
    .filter(({ group, kind }) => !patterns.some((one) => one.test(`${group}/${kind}`)));
}

/** The kinds with a health check in one text. Empty if it is not readable: Argo CD then has none of it. */
function readPatterns(text: string): readonly RegExp[] {
  try {
    const all = (parse(text, { logLevel: "error" }) ?? {}) as Record<
      string,
      Readonly<Record<string, unknown>> | null
    >;
    return Object.keys(all)
      .filter((key) => all[key]?.["health.lua"] !== undefined)
      .map((key) => key.replaceAll(/[^\w*/-]/g, "\\$&").replaceAll("*", ".*"))
      .map((pattern) => new RegExp(`^${pattern}$`));
  } catch {
    return [];
  }
}

/** The command that adds checks to `argocd-cm` and changes nothing else in it. */
export function toHealthCommand(
  kubectl: string,
  argocdNamespace: string,
  checks: readonly HealthCheck[],
): string {
  const files = checks.map((check) => `--from-file=${toHealthKey(check)}=${check.file}`).join(" ");
  const here = `${kubectl} -n ${argocdNamespace}`;
  return `${here} create configmap argocd-cm ${files} --dry-run=client -o yaml | ${here} apply --server-side --field-manager=berth -f -`;
}
