import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { openEndpoint } from "../../components/tunnel/endpoint.ts";
import { type Cluster, plainTls, startCluster, toKubeconfig } from "../tunnel/cluster.ts";
import { refusal, writeKubeconfig } from "../tunnel/refusal.ts";

let cluster: Cluster;

beforeEach(async () => {
  cluster = await startCluster();
});

afterEach(async () => {
  vi.unstubAllEnvs();
  await cluster.stop();
});

describe("a kubeconfig", () => {
  test("fails on an unknown context with those there are", async () => {
    const error = await refusal(cluster, { context: "prod" });
    expect(error.kind).toBe("kubeconfig");
    expect(error.message).toContain(
      `no context "prod" in ${cluster.kubeconfig}; it has: home, lab`,
    );
  });

  test("fails when the file is missing", async () => {
    const error = await refusal(cluster, { kubeconfig: join(cluster.folder, "none") });
    expect(error.message).toContain("none does not exist");
    expect(error.hint).toContain("berth:postgres.endpoint.kubernetes.kubeconfig");
  });

  test("fails on broken YAML without quoting it", async () => {
    const text = `users:\n  - name: a\n    user: {token: very-secret-token\n clusters: [`;
    const error = await refusal(cluster, { kubeconfig: writeKubeconfig(cluster, text) });
    expect(error.message).toContain("not valid YAML near line");
    expect(`${error.message}${String(error.cause)}`).not.toContain("very-secret");
  });

  test("fails on a server with a login in its URL, without showing it", async () => {
    const text = toKubeconfig("https://bot:canary@127.0.0.1:1", "");
    const { message, hint } = await refusal(cluster, {
      kubeconfig: writeKubeconfig(cluster, text),
    });
    expect(message).toContain(
      'cluster "home", whose server has a user name or password in its URL',
    );
    expect(`${message}${hint ?? ""}`).not.toContain("canary");
  });

  test("fails on a file that is something else", async () => {
    expect(
      (await refusal(cluster, { kubeconfig: writeKubeconfig(cluster, "[a]") })).message,
    ).toContain("it is not a kubeconfig");
  });

  test("comes from KUBECONFIG, where the first file wins and a missing one is passed over", async () => {
    const other = writeKubeconfig(cluster, toKubeconfig("http://127.0.0.1:1", "other"));
    const missing = join(cluster.folder, "missing");
    vi.stubEnv("KUBECONFIG", [missing, cluster.kubeconfig, other].join(":"));
    const spec = cluster.spec({ kubeconfig: undefined, context: undefined });
    const endpoint = await openEndpoint(spec, plainTls);
    expect(endpoint.description).toBe("svc/postgres-postgresql:5432 in db-postgres (context home)");
    expect(endpoint.testCommand).toBe(
      `kubectl --context home -n db-postgres port-forward svc/postgres-postgresql ${String(spec.localPort)}:5432`,
    );
    await endpoint.close();
  });

  test("fails when KUBECONFIG leads nowhere", async () => {
    vi.stubEnv("KUBECONFIG", join(cluster.folder, "missing"));
    expect((await refusal(cluster, { kubeconfig: undefined })).message).toContain(
      "KUBECONFIG names",
    );
  });
});

describe("an exec plugin", () => {
  const withPlugin = (exec: unknown): string => {
    const config = JSON.parse(toKubeconfig(cluster.api.url, "")) as { users: unknown[] };
    config.users = [{ name: "alice", user: { exec } }];
    return writeKubeconfig(cluster, JSON.stringify(config));
  };
  const script = (text: string): unknown => ({
    apiVersion: "client.authentication.k8s.io/v1",
    command: process.execPath,
    args: ["-e", text],
  });

  test("gives the token, is not asked to prompt, and runs once for many connections", async () => {
    const runs = join(cluster.folder, "runs");
    const kubeconfig = withPlugin(
      script(`
        require("fs").appendFileSync(${JSON.stringify(runs)}, "x");
        const { spec } = JSON.parse(process.env.KUBERNETES_EXEC_INFO);
        console.log(JSON.stringify({ status: { token: spec.interactive ? "" : "a-token" } }));`),
    );
    const endpoint = await openEndpoint(cluster.spec({ kubeconfig }), plainTls);
    const streams = await Promise.all(Array.from({ length: 5 }, () => endpoint.connect()));
    expect(streams).toHaveLength(5);
    await endpoint.close();
    const { readFileSync } = await import("node:fs");
    expect(readFileSync(runs, "utf8")).toBe("x");
  });

  test("fails when its command is not there", async () => {
    const error = await refusal(cluster, {
      kubeconfig: withPlugin({ command: "no-such-plugin", args: [] }),
    });
    expect(error.kind).toBe("credentials");
    expect(error.message).toContain('exec plugin "no-such-plugin" of user "alice"');
    expect(error.message).toContain("not on PATH");
  });

  test("fails with what it said, and without a token in it", async () => {
    const token = `eyJ${"a".repeat(40)}.${"b".repeat(40)}.c`;
    const text = `console.error("session expired, token: ${token}"); process.exit(1)`;
    const error = await refusal(cluster, { kubeconfig: withPlugin(script(text)) });
    expect(error.message).toContain("session expired");
    expect(error.message).not.toContain("aaaa");
  });

  test.each([`"s3cret"`, `'{"token": "s3cret"}'`])(
    "fails on %s, which is not a credential, and does not show it",
    async (output) => {
      const error = await refusal(cluster, {
        kubeconfig: withPlugin(script(`console.log(${output})`)),
      });
      expect(error.message).toContain("not an ExecCredential");
      expect(`${error.message}${String(error.cause)}`).not.toContain("s3cret");
    },
  );
});
