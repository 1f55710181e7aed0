import { type Problem, problemAt, problemWhen, toOneError } from "../../errors.ts";
import { when } from "../../when.ts";
import { VaultFor } from "../schema/vault/for.ts";
import type { StackSpec } from "../spec.ts";

/**
 * A stack of its own for the central half of another stack's Vault: its file has `berth:vaultFor` and nothing else,
 * so that whoever runs it needs no more than a token of Vault.
 */

type Values = Readonly<Record<string, unknown>>;

/** The stack whose Vault this one is for; undefined = it is a stack with apps. */
export function findVaultFor(stack: string, values: Values): string | undefined {
  if (!("vaultFor" in values)) return undefined;
  const { vaultFor, ...others } = values;
  const parsed = VaultFor.safeParse(vaultFor);
  const problems = [
    ...Object.keys(others)
      .filter((key) => key !== "stack")
      .map((key) =>
        problemAt(
          `berth:${key}`,
          "a stack with berth:vaultFor takes it from the other stack; remove the key",
        ),
      ),
    ...problemWhen(
      !parsed.success,
      "berth:vaultFor",
      `got ${JSON.stringify(vaultFor)}; expected the name of a stack`,
    ),
    ...problemWhen(
      vaultFor === stack,
      "berth:vaultFor",
      `"${stack}" is this stack; name the one with the apps`,
    ),
  ];
  if (problems.length > 0)
    throw toOneError(`stack ${stack}: the stack file is not usable`, problems);
  return parsed.data;
}

/** The stack with the central half of `target`'s Vault: no app, no server, no manifest. */
export function toVaultStack(stack: string, { stack: own }: Values, target: StackSpec): StackSpec {
  const problems = findTargetProblems(target);
  if (problems.length > 0) {
    throw toOneError(
      `stack ${stack}: it cannot make the central half of Vault for stack ${target.stack}`,
      problems,
    );
  }
  const { vault } = target.secrets;
  return {
    ...target,
    stack,
    stackId: toStackId(own),
    vaultFor: target,
    // With a name the admin has no item.
    postgres: { ...target.postgres, adminUser: "" },
    gitops: undefined,
    cluster: undefined,
    secrets: {
      ...target.secrets,
      store: undefined,
      vault: vault && { ...vault, inside: { ...vault.inside, half: "central" } },
    },
    apps: [],
    warnings: [],
  };
}

function toStackId(own: unknown): string | undefined {
  const { id } = (own ?? {}) as { readonly id?: unknown };
  return typeof id === "string" ? id : undefined;
}

function findTargetProblems({ stack, vaultFor, secrets, apps }: StackSpec): readonly Problem[] {
  if (vaultFor !== undefined)
    return [{ what: `stack ${stack} has berth:vaultFor too; name the one with the apps` }];
  const { vault } = secrets;
  if (vault === undefined) return [{ what: `stack ${stack} has no berth:secrets.vault` }];
  const { half, database } = vault.inside;
  const logins = apps.filter((app) => app.vault?.login !== undefined).map(({ name }) => name);
  return [
    ...when(half === "all" || half === "central", {
      what: `stack ${stack} makes the central half itself`,
      fix: "set berth:secrets.vault.manage.half to apps in its stack file",
    }),
    ...when(logins.length > 0 && database.item === undefined, {
      what: `stack ${stack} does not say with which login Vault connects to Postgres for ${logins.join(", ")}`,
      fix: "set berth:secrets.vault.manage.database.item in its stack file",
    }),
  ];
}
