import { writeFileSync } from "node:fs";
import path from "node:path";
import { afterEach, expect, test, vi } from "vitest";
import { loadKubeContext } from "../../components/kubernetes/kubeconfig.ts";
import { useFolder } from "../fakes/folder.ts";

/** The text of a kubeconfig, as kubectl reads it. */

const folder = useFolder("kubeconfig");

afterEach(() => {
  vi.unstubAllEnvs();
});

const write = (name: string, text: string): string => {
  const file = path.join(folder, name);
  writeFileSync(file, text);
  return file;
};

const whole = (more = "", token = "abc"): string => `apiVersion: v1
kind: Config
current-context: home
clusters: [{ name: home, cluster: { server: "https://kube.example"${more} } }]
users: [{ name: alice, user: { token: ${token} } }]
contexts: [{ name: home, context: { cluster: home, user: alice } }]
`;

test.each([
  ["yes", true],
  ["On", true],
  ["no", false],
  ["off", false],
  ['"true"', false],
])("insecure-skip-tls-verify: %s", async (word, skips) => {
  const kubeconfig = write("config", whole(`, insecure-skip-tls-verify: ${word}`));
  const { cluster } = await loadKubeContext({ kubeconfig, context: undefined });
  expect(cluster.skipTLSVerify).toBe(skips);
});

const name = ", tls-server-name: kube";

test.each([
  ["a key twice, of which the last counts", whole(`, tls-server-name: other${name}`)],
  ["more documents, of which the first counts", `${whole(name)}---\nnothing: [\n`],
  ["a byte order mark and line ends of Windows", `\ufeff${whole(name).replaceAll("\n", "\r\n")}`],
  ["what looks like a date or a time in a name", whole(name).replaceAll("alice", "2024-01-02")],
])("may have %s", async (_, text) => {
  const kubeconfig = write("config", text);
  const { cluster, user } = await loadKubeContext({ kubeconfig, context: undefined });
  expect([cluster.tlsServerName, user.token]).toEqual(["kube", "abc"]);
});

test("may be empty beside another one", async () => {
  const files = [write("empty", ""), write("config", whole())];
  vi.stubEnv("KUBECONFIG", files.join(path.delimiter));
  const { user } = await loadKubeContext({ kubeconfig: undefined, context: undefined });
  expect(user.token).toBe("abc");
});

test("is quoted in no warning of the parser", async () => {
  const warn = vi.spyOn(process, "emitWarning").mockReturnValue();
  const kubeconfig = write("config", whole("", "!vault canary-token"));
  await loadKubeContext({ kubeconfig, context: undefined });
  expect(JSON.stringify(warn.mock.calls)).not.toContain("canary");
  warn.mockRestore();
});
