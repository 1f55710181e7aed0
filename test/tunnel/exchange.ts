import type { Duplex } from "node:stream";
import type { KubeError } from "../../components/kubernetes/error.ts";

/** Writes a text to an echo and reads it back. */
export async function echo(stream: Duplex, text: string): Promise<string> {
  stream.write(text);
  let got = "";
  for await (const chunk of stream.iterator({ destroyOnReturn: false })) {
    got += String(chunk);
    if (got.length >= text.length) break;
  }
  return got;
}

/** The tunnel error a promise is rejected with. */
export async function failure(promise: Promise<unknown>): Promise<KubeError> {
  return (await promise.then(
    () => {
      throw new Error("it did not fail");
    },
    (error: unknown) => error,
  )) as KubeError;
}
