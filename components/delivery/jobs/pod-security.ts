/** What every Pod that Berth emits runs with. A namespace with the level `restricted` lets it in. */

/** @see https://kubernetes.io/docs/concepts/security/pod-security-standards/ */
export function podSecurity(userId: number) {
  return {
    runAsNonRoot: true,
    runAsUser: userId,
    runAsGroup: userId,
    seccompProfile: { type: "RuntimeDefault" },
  };
}

export function containerSecurity() {
  return {
    allowPrivilegeEscalation: false,
    readOnlyRootFilesystem: true,
    capabilities: { drop: ["ALL"] },
  };
}

export function toEnv(variables: Readonly<Record<string, string>>) {
  return Object.entries(variables).map(([name, value]) => ({ name, value }));
}
