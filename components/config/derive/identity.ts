import { createHash } from "node:crypto";
import type { StackIdentity } from "../spec/postgres.ts";

export interface StackFacts {
  readonly stack: string;
  readonly project: string;
  /** undefined = only Pulumi knows it, and was not asked. */
  readonly organization?: string | undefined;
  readonly backend: string | undefined;
  /** `berth:stack.id`. */
  readonly id: string | undefined;
  /** `encryptionsalt` or `encryptedkey`, which Pulumi puts into the stack file when it makes the stack. */
  readonly secrets: string | undefined;
}

/** What Pulumi says where its backend knows no organizations: a folder or a bucket. */
const noOrganization = "organization";

/** The backend that Pulumi uses where nothing names one. */
export const pulumiCloud = "https://api.pulumi.com";

/**
 * The identity of a stack, which stays the same when its state is lost; undefined = nothing that is known
 * distinguishes it from another of the same name. The salt alone does not: it comes along when somebody copies a
 * stack file to begin a new stack. Pulumi Cloud has no second stack of one full name.
 */
export function toStackIdentity(facts: StackFacts): StackIdentity | undefined {
  const { stack, project, organization = noOrganization, backend } = facts;
  const isOnly = organization !== noOrganization;
  const seed =
    facts.id ?? facts.secrets ?? (isOnly ? `${backend ?? pulumiCloud} ${organization}` : undefined);
  if (seed === undefined) return undefined;
  const digest = createHash("sha256")
    .update(JSON.stringify([project, stack, seed]))
    .digest("hex");
  return { id: digest.slice(0, 16), name: `${organization}/${project}/${stack}` };
}
