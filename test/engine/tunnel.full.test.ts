import { existsSync } from "node:fs";
import net from "node:net";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { verifyStack } from "../../cli/verify/verb.ts";
import { loadStackFromFile } from "../../components/config/load.ts";
import { readStackItems } from "../../components/onepassword/stack-items.ts";
import { readThroughClient } from "../../components/onepassword/through-client.ts";
import { projectFolder } from "../../components/project-folder.ts";
import { freePort } from "../../dev/postgres/ports.ts";
import { isListening } from "../cluster/leftovers.ts";
import { type Cluster, startCluster } from "../tunnel/cluster.ts";
import { useBed } from "./use-bed.ts";

/**
 * The whole program through Berth's own port-forward: the API server is a double that forwards to the
 * sandbox's Postgres, everything else is real.
 */

const bed = useBed();
let cluster: Cluster;
let localPort: number;

beforeAll(async () => {
  cluster = await startCluster();
  cluster.leadTo(bed.sandbox.superuser.port);
  localPort = await freePort();
  bed.configure((config) => {
    const { namespace, target, port } = cluster.spec();
    config["berth:postgres"]["endpoint"] = {
      kubernetes: {
        kubeconfig: cluster.kubeconfig,
        namespace,
        service: target.name,
        port,
        localPort,
      },
    };
  });
});

afterAll(async () => {
  await cluster.stop();
});

describe("a stack behind a port-forward", () => {
  it("fails without the right to port-forward, naming verb and resource", async () => {
    cluster.api.denied.add("get pods/portforward");
    cluster.api.denied.add("create pods/portforward");
    const { output, exitCode } = await bed.up();
    cluster.api.denied.clear();
    expect(exitCode).not.toBe(0);
    expect(output).toContain("pods/portforward");
  });

  it("fails for a context that is not there", async () => {
    const restore = bed.configure((config) => {
      const endpoint = config["berth:postgres"]["endpoint"] as {
        kubernetes: Record<string, unknown>;
      };
      endpoint.kubernetes["context"] = "elsewhere";
    });
    const { output, exitCode } = await bed.up();
    restore();
    expect(exitCode).not.toBe(0);
    expect(output).toContain("elsewhere");
  });

  it("fails when the local port that the registry's provider needs is taken, and does not use whoever has it", async () => {
    const other = net.createServer((socket) => socket.destroy()).listen(localPort, "127.0.0.1");
    await new Promise((resolve) => other.once("listening", resolve));
    const restore = bed.configure((config) => {
      config["berth:postgres"]["provisioner"] = "postgresql";
    });
    const { output, exitCode } = await bed.up();
    restore();
    other.close();
    expect(exitCode).not.toBe(0);
    expect(output).toContain(String(localPort));
    expect(output).toContain("localPort");
  });

  it("comes up, and the run ends with no port left open", async () => {
    const { output, exitCode } = await bed.up();
    expect(output).toMatch(/\d+ created/);
    expect(exitCode).toBe(0);
    expect(await isListening(localPort)).toBe(false);
  });

  it("shows no change in the next run", async () => {
    const { exitCode } = await bed.preview("--expect-no-changes");
    expect(exitCode).toBe(0);
  });

  it("is verified through the same way, without the local port", async () => {
    const spec = loadStackFromFile("dev", projectFolder, bed.sandbox.stackFile);
    const { OP_CONNECT_HOST: url = "", OP_CONNECT_TOKEN: token = "" } = bed.sandbox.env;
    const items = await readStackItems(spec, readThroughClient({ kind: "connect", url, token }));
    const verdict = await verifyStack(spec, items, () => undefined);
    expect(verdict.apps.flatMap(({ checks }) => checks).filter((check) => !check.ok)).toEqual([]);
  });

  it("is destroyed as plainly as any other, and keeps roles, databases and rows", async () => {
    const { exitCode } = await bed.pulumi(["destroy", "--yes", "--skip-preview"]);
    expect(exitCode).toBe(0);
    expect(existsSync(path.join(bed.gitops, "argocd"))).toBe(false);
    const rows = await bed.sql(
      "select datname from pg_database where datname in ('netbox', 'basketball') order by 1",
    );
    expect(rows).toEqual([{ datname: "basketball" }, { datname: "netbox" }]);
    expect(await isListening(localPort)).toBe(false);
  });

  it("comes back as it was", async () => {
    const { output, exitCode } = await bed.up();
    expect(output).toContain("18 created");
    expect(exitCode).toBe(0);
    const how = await bed.preview("--expect-no-changes");
    expect(how.exitCode).toBe(0);
  });
});

describe("the same with the registry's resources", () => {
  it("comes up through the local port, shows no change, and leaves no port open", async () => {
    bed.configure((config) => {
      config["berth:postgres"]["provisioner"] = "postgresql";
    });
    const { output, exitCode } = await bed.up();
    expect(output).toContain("imported");
    expect(exitCode).toBe(0);
    expect((await bed.preview("--expect-no-changes")).exitCode).toBe(0);
    expect(await isListening(localPort)).toBe(false);
  });

  it("is destroyed with --run-program, and keeps roles, databases and rows", async () => {
    const how = ["--run-program", "--ignore-protect"];
    const { exitCode } = await bed.pulumi(["destroy", "--yes", "--skip-preview", ...how]);
    expect(exitCode).toBe(0);
    const rows = await bed.sql(
      "select datname from pg_database where datname in ('netbox', 'basketball')",
    );
    expect(rows).toHaveLength(2);
    expect(await isListening(localPort)).toBe(false);
  });
});
