import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { countFaults } from "../faults/count.ts";
import { filesWith } from "./bed.ts";
import { openGround } from "./ground.ts";
import { formsOf } from "./secret-forms.ts";
import { useBed } from "./use-bed.ts";

/** Passwords of the vault are canaries: nothing that Berth or Pulumi leaves behind may hold one. */

const bed = useBed();
/** Where Pulumi puts its log files, and what is said between it and its plugins. */
let logs: string;
const seen = new Set<string>();

beforeAll(async () => {
  logs = mkdtempSync(path.join(tmpdir(), "berth-leaks-"));
  const files = { TMPDIR: logs, PULUMI_DEBUG_GRPC: path.join(logs, "grpc.json") };
  const run = async (args: readonly string[], env = {}): Promise<void> => {
    expect((await bed.pulumi(args, { ...files, ...env })).exitCode, args.join(" ")).toBe(0);
  };
  const toStderr = ["-v=9", "--logtostderr"];
  const watching = watchArguments();
  await run(["up", "--yes", "--skip-preview", ...toStderr]);
  await bed.setField("netbox-db-credentials", "password", "CanaryRotated'\\$$ %I");
  await run(["up", "--yes", "--skip-preview", "--diff", "-v=9"]);
  await run(["preview", "--debug", ...toStderr]);
  await run(["refresh", "--yes", "--skip-preview", ...toStderr]);
  await run(["stack", "output", "--json", "--show-secrets"]);
  await run(["stack", "export", "--show-secrets"]);
  await bed.pulumi(["up", "--yes", ...toStderr], {
    ...files,
    OP_CONNECT_TOKEN: "canary-of-a-wrong-token",
  });
  await run(["destroy", "--yes", "--skip-preview", ...toStderr]);
  // The registry's Postgres plugin reads the password where it can be kept out of its inputs.
  bed.configure((config) => {
    config["berth:postgres"]["provisioner"] = "postgresql";
  });
  const { password } = bed.login("postgres-admin");
  await run(["up", "--yes", "--skip-preview", ...toStderr], { PGPASSWORD: password });
  await run(["stack", "export", "--show-secrets"]);
  watching.stop();
});

afterAll(() => {
  rmSync(logs, { recursive: true });
});

countFaults("places where a secret could be", () => openGround(bed));

/** Arguments of every process, several times a second, as `ps` would show them to any user. */
function watchArguments(): { stop: () => void } {
  let isWatching = true;
  const read = async (): Promise<void> => {
    while (isWatching) {
      for (const pid of readdirSync("/proc").filter((name) => /^\d+$/.test(name))) {
        try {
          seen.add(readFileSync(`/proc/${pid}/cmdline`, "utf8"));
        } catch {
          // It has ended meanwhile.
        }
      }
      await delay(100);
    }
  };
  void read();
  return {
    stop: () => {
      isWatching = false;
    },
  };
}

describe("a secret of the vault", () => {
  it("is in no file that a run leaves: state, backups, manifests", async () => {
    const secrets = formsOf(bed.secrets());
    expect(secrets.length).toBeGreaterThan(50);
    expect(await filesWith(path.join(bed.sandbox.home, "state"), secrets)).toEqual([]);
    expect(await filesWith(bed.gitops, secrets)).toEqual([]);
  });

  it("is in no log, with every statement logged", () => {
    const server = readFileSync(bed.sandbox.postgresLog, "utf8");
    const connect = readFileSync(path.join(bed.sandbox.home, "connect.log"), "utf8");
    expect(server).toMatch(/statement: .*SCRAM-SHA-256\$4096/i);
    expect(formsOf(bed.secrets()).filter((secret) => (server + connect).includes(secret))).toEqual(
      [],
    );
  });

  it("is in no file of Pulumi's logs, and not in what it says to its plugins", async () => {
    expect(readdirSync(logs).join(" ")).toMatch(/grpc\.json.*pulumi\..*\.log\.INFO/);
    expect(readFileSync(path.join(logs, "grpc.json"), "utf8")).toContain("coachlight_admin");
    const secrets = [...formsOf(bed.secrets()), "canary-of-a-wrong-token"];
    expect(await filesWith(logs, secrets)).toEqual([]);
  });

  it("is in nothing that was printed", () => {
    const printed = bed.outputs.join("\n");
    const secrets = [...formsOf(bed.secrets()), "canary-of-a-wrong-token"];
    expect(secrets.filter((secret) => printed.includes(secret))).toEqual([]);
  });

  it.runIf(process.platform === "linux")("is in no argument of any process", () => {
    expect(seen.size).toBeGreaterThan(10);
    const secrets = formsOf(bed.secrets());
    expect([...seen].filter((line) => secrets.some((secret) => line.includes(secret)))).toEqual([]);
  });
});
