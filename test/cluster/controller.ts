import { readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { execa } from "execa";
import { parse, stringify } from "yaml";
import { Bed } from "../engine/bed.ts";

/** A program that runs until it is killed. */
export type Controller = ReturnType<typeof startController>;

/**
 * Starts a controller on a cluster, as its administrator.
 *
 * @param folder For its files, and for those alone.
 */
export function startController(
  [program = "", ...args]: readonly string[],
  { kubeconfig, folder }: { readonly kubeconfig: string; readonly folder: string },
) {
  const own = path.join(folder, "kubeconfig");
  const users = parse(readFileSync(kubeconfig, "utf8")) as object;
  writeFileSync(own, stringify({ ...users, "current-context": "admin" }), { mode: 0o600 });
  const env = { KUBECONFIG: own, TMPDIR: folder, HOME: folder };
  const running = execa(program, args, { env, all: true, reject: false });
  running.all.on("data", (chunk: Buffer) => {
    // A failed test shows it.
    Bed.printed.push(chunk.toString());
  });
  return running;
}
