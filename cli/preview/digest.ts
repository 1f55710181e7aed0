import { z } from "zod";

/** The part of `pulumi preview --json` that Berth reads. Secrets in it are `[secret]` already. */

const State = z.looseObject({
  type: z.string(),
  inputs: z.record(z.string(), z.unknown()).default({}),
  parent: z.string().optional(),
  retainOnDelete: z.boolean().optional(),
});

const Step = z.looseObject({
  op: z.string(),
  urn: z.string(),
  oldState: State.nullish(),
  newState: State.nullish(),
  diffReasons: z.array(z.string()).nullish(),
  detailedDiff: z.record(z.string(), z.unknown()).nullish(),
});

const Diagnostic = z.looseObject({
  urn: z.string().optional(),
  message: z.string().default(""),
  severity: z.string().default("info"),
});

const Digest = z.looseObject({
  steps: z.array(Step).nullish(),
  diagnostics: z.array(Diagnostic).nullish(),
});

/** One resource that the run would change. */
export type Step = z.infer<typeof Step>;

export interface Digest {
  readonly steps: readonly Step[];
  readonly diagnostics: readonly z.infer<typeof Diagnostic>[];
}

/** Reads what Pulumi printed; undefined = it is not a preview. */
export function parseDigest(text: string): Digest | undefined {
  let document: unknown;
  try {
    document = JSON.parse(text);
  } catch {
    return undefined;
  }
  const parsed = Digest.safeParse(document);
  if (!parsed.success) return undefined;
  return { steps: parsed.data.steps ?? [], diagnostics: parsed.data.diagnostics ?? [] };
}
