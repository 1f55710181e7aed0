import type { Options, Result, ResultPromise } from "execa";
import { toShellWord } from "../components/command-line.ts";
import { BerthError } from "../components/errors.ts";
import type { StackArgs } from "./define-verb.ts";

interface Given extends StackArgs {
  /** The file that the stack file is generated from. */
  readonly into: string | undefined;
}

/** The command of Pulumi that comes after a verb that wrote an entry. */
export function toPulumi(command: "preview" | "up", { stack, file, into }: Given): string {
  // `npm run pulumi` generates the stack file before it runs Pulumi.
  const pulumi = into === undefined ? "pulumi" : "npm run pulumi --";
  const isOther = file !== undefined && into === undefined;
  const config = isOther ? ` --config-file ${toShellWord(file)}` : "";
  return `${pulumi} ${command} --stack ${stack}${config}`;
}

/** Options for execa: Pulumi is not killed with this process, and a failure of Pulumi is not an exception. */
export const outlived = { cleanup: false, reject: false } as const;

/** Why Pulumi has not even started. */
export function describeMissing({ code }: { readonly code?: string | undefined }): string {
  return code === "ENOENT" ? "pulumi is not on PATH" : `pulumi cannot be started (${code ?? "?"})`;
}

/** Has Pulumi compare several resources at a time, unless the user's environment says otherwise: each needs a login. */
export function inParallel({ PULUMI_PARALLEL_DIFF = "true" } = process.env): {
  readonly PULUMI_PARALLEL_DIFF: string;
} {
  return { PULUMI_PARALLEL_DIFF };
}

/** Ctrl-C, or another signal that ends a verb. Its exit code is that of a shell for Ctrl-C. */
export class Interrupted extends BerthError {
  static readonly exitCode = 130;
}

interface Ended<O extends Options> {
  readonly result: Result<O>;
  readonly isInterrupted: boolean;
  /** Whether it ran at all. */
  readonly hasStarted: boolean;
}

/**
 * Starts Pulumi, with `outlived`, and waits for it, also after Ctrl-C, when it finishes the steps in flight. Berth
 * passes on one signal only, because Pulumi gives up at the second. In a terminal Pulumi gets Ctrl-C without Berth.
 */
export async function waitForPulumi<O extends Options>(
  start: () => ResultPromise<O>,
): Promise<Ended<O>> {
  let pulumi: ResultPromise<O> | undefined;
  let isInterrupted = false;
  const interrupt = (signal: NodeJS.Signals): void => {
    const hasSignal = isInterrupted || (signal === "SIGINT" && process.stdin.isTTY);
    if (!hasSignal) pulumi?.kill("SIGINT");
    isInterrupted = true;
  };
  const signals = ["SIGINT", "SIGTERM", "SIGHUP"] as const;
  // Before the start: a signal right after it would end Berth and not Pulumi.
  for (const signal of signals) process.on(signal, interrupt);
  try {
    pulumi = start();
    const result = await pulumi;
    return { result, isInterrupted, hasStarted: pulumi.pid !== undefined };
  } finally {
    for (const signal of signals) process.off(signal, interrupt);
  }
}
