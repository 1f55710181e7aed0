import pLimit from "p-limit";
import type { AppSpec, StackSpec } from "../../components/config/spec.ts";
import { BerthError, describeProblem } from "../../components/errors.ts";
import type { ReadItem } from "../../components/onepassword/item.ts";
import { readItems } from "../../components/onepassword/read-items.ts";
import { planItemRequests } from "../../components/onepassword/stack-items.ts";
import { matchesVerifier } from "../../components/postgres/verifier.ts";
import type { AdoptFacts } from "./facts.ts";

export interface PasswordFinding {
  readonly app: string;
  readonly role: string;
  /**
   * `same`: up does not change it. `other`: up sets the item's, and clients with the old one cannot log in.
   * `md5`: up sets the item's as SCRAM. `none`: the role has no password and gets the item's. `unknown`: only a
   * superuser can compare; up sets the item's. `no item`: there is no usable item yet.
   */
  readonly state: "same" | "other" | "md5" | "none" | "unknown" | "no item";
  /** For people: what it means, and what to do. */
  readonly text: string;
}

/** Compares every proposed role with its item. The result contains nothing of a password. */
export async function comparePasswords(
  apps: readonly AppSpec[],
  context: {
    readonly spec: StackSpec;
    readonly readItem: ReadItem;
    readonly verifiers: AdoptFacts["verifiers"];
  },
): Promise<readonly PasswordFinding[]> {
  const limit = pLimit(4);
  const { spec, readItem, verifiers } = context;
  const findings = apps.flatMap((app) =>
    planItemRequests({ ...spec, apps: [app] }).flatMap((request) => {
      const { username: role, ref } = request;
      if (role === undefined) return [];
      return limit(async (): Promise<PasswordFinding> => {
        try {
          const isPasswordInUse = verifiers?.get(role) !== null;
          const items = await readItems([{ ...request, isPasswordInUse }], readItem);
          const password = items(ref).revealField("password") ?? "";
          const state = compare(password, verifiers, role);
          return { app: app.name, role, state, text: meaning[state] };
        } catch (error) {
          if (!(error instanceof BerthError)) throw error;
          const text = error.problems.map(describeProblem).join("\n");
          return { app: app.name, role, state: "no item", text };
        }
      });
    }),
  );
  return await Promise.all(findings);
}

function compare(
  password: string,
  verifiers: AdoptFacts["verifiers"],
  role: string,
): Exclude<PasswordFinding["state"], "no item"> {
  if (verifiers === undefined) return "unknown";
  const stored = verifiers.get(role) ?? null;
  if (stored === null) return "none";
  if (stored.startsWith("md5")) return "md5";
  return matchesVerifier(stored, password) ? "same" : "other";
}

const meaning = {
  same: "the item holds the password that the role has; it stays as it is",
  other:
    "the item holds another password than the role has, and up would set the item's: put the role's into the item to keep it",
  md5: "the role's password is stored as md5, which Berth does not write: up sets the item's as SCRAM-SHA-256",
  none: "the role has no password; up sets the item's",
  unknown:
    "only a superuser can read the stored password, so up sets the item's, even if both are the same",
} as const;
