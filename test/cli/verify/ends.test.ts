import path from "node:path";
import { execa } from "execa";
import { describe, expect, it } from "vitest";
import { withEnd } from "../../../cli/verify/ends.ts";

/** What `verify` has begun ends with it: a lease of Vault. */

const file = path.join(import.meta.dirname, "../../../cli/verify/ends.ts");

/** A process that begins two things, says so, and is then stopped. */
function start(end: string) {
  const program = `
    import { setTimeout as delay } from "node:timers/promises";
    import { withEnd } from ${JSON.stringify(file)};
    const use = (name) => withEnd(async () => { ${end} }, async () => {
      console.log("began " + name);
      await delay(600_000);
    });
    await Promise.all([use("one"), use("two")]);`;
  const args = ["--disable-warning=ExperimentalWarning", "--input-type=module", "--eval", program];
  const child = execa(process.execPath, args, { reject: false });
  let said = "";
  child.stdout.on("data", (part: Buffer) => (said += part.toString()));
  const until = (text: string) => expect.poll(() => said).toContain(text);
  return { child, until };
}

describe("what must end", () => {
  it("ends after its use, and once", async () => {
    let ends = 0;
    const end = () => Promise.resolve(void (ends += 1));
    expect(await withEnd(end, () => Promise.resolve(7))).toBe(7);
    await expect(withEnd(end, () => Promise.reject(new Error("broken")))).rejects.toThrow("broken");
    expect(ends).toBe(2);
    expect(process.listenerCount("SIGINT")).toBe(process.listenerCount("SIGHUP"));
  });

  it.each(["SIGINT", "SIGTERM", "SIGHUP"] as const)(
    "ends at %s, before the process does",
    async (signal) => {
      const { child, until } = start('await delay(50); console.log("ended " + name);');
      await until("began two");
      child.kill(signal);
      const result = await child;
      expect(result.signal).toBe(signal);
      expect(result.stdout.split("\n").toSorted()).toEqual([
        "began one",
        "began two",
        "ended one",
        "ended two",
      ]);
    },
  );

  it("does not keep a process that is stopped twice", async () => {
    const { child, until } = start('console.log("ending"); await delay(600_000);');
    await until("began two");
    child.kill("SIGINT");
    await until("ending");
    child.kill("SIGINT");
    expect((await child).signal).toBe("SIGINT");
  });
});
