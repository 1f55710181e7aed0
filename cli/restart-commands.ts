import type { RestartTarget } from "../components/config/spec/vault.ts";

/** The commands that restart, or with `status` watch, what an entry names. Without targets the person names them. */
export function toRestartCommands(
  namespace: string,
  targets: readonly RestartTarget[],
  action: "restart" | "status" = "restart",
): readonly string[] {
  const names = targets.map(({ kind, name }) => `${kind.toLowerCase()}/${name}`);
  return (names.length === 0 ? ["deployment"] : names).map(
    (name) => `kubectl -n ${namespace} rollout ${action} ${name}`,
  );
}
