import { fileURLToPath } from "node:url";
import { execa } from "execa";
import { expect, it } from "vitest";

/**
 * Work for an app does not grow with the number of apps. Time would not be the same twice, so what is counted is how
 * often each function of Berth is called.
 */

type Calls = Readonly<Record<string, number>>;

it.each(["argocd", "flux"])(
  "twice the apps need no more than twice the calls, with %s",
  async (workloads) => {
    const program = fileURLToPath(new URL("./growth-calls.ts", import.meta.url));
    const { stdout } = await execa(process.execPath, [program, workloads]);
    const { few, many } = JSON.parse(stdout) as { readonly few: Calls; readonly many: Calls };
    const called = Object.entries(many);
    expect(called.length).toBeGreaterThan(200);
    const grown = called.filter(([name, calls]) => calls > 2 * (few[name] ?? 0) + 15);
    expect(grown).toEqual([]);
  },
);
