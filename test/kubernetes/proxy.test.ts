import { expect, test } from "vitest";
import { findProxy } from "../../components/kubernetes/proxy.ts";

const HTTPS_PROXY = "http://proxy:3128";

test.each([
  ["https://kube.example:6443", { HTTPS_PROXY }, "http://proxy:3128"],
  ["https://kube.example", { HTTPS_PROXY: "proxy:3128" }, "http://proxy:3128"],
  ["https://kube.example", { https_proxy: "http://lower", HTTPS_PROXY }, "http://lower"],
  ["https://kube.example", { HTTPS_PROXY: "socks5://proxy:1080" }, "socks5h://proxy:1080"],
  ["https://kube.example", { HTTP_PROXY: "http://proxy", ALL_PROXY: "http://all" }, undefined],
  ["http://kube.example", { HTTP_PROXY: "http://proxy" }, "http://proxy"],
  ["https://localhost:6443", { HTTPS_PROXY }, undefined],
  ["https://127.0.0.1:6443", { HTTPS_PROXY }, undefined],
  ["https://[::1]:6443", { HTTPS_PROXY }, undefined],
  ["https://kube.example", { HTTPS_PROXY: "" }, undefined],
])("the proxy to %s with %o is %s", (server, env, url) => {
  expect(findProxy(new URL(server), undefined, env)?.url).toBe(url);
});

test.each([
  ["*", true],
  ["kube.example", true],
  ["example", true],
  [".example", true],
  ["*.example", true],
  ["KUBE.Example ", true],
  ["kube.example:6443", true],
  ["kube.example:443", false],
  ["xample", false],
  [".kube.example", false],
  ["other.example", false],
  ["10.0.0.0/8", false],
  ["", false],
])("NO_PROXY=%s says of kube.example:6443 that it needs no proxy: %s", (rule, isMeant) => {
  const env = { HTTPS_PROXY, NO_PROXY: `first.test,${rule}` };
  const found = findProxy(new URL("https://kube.example:6443"), undefined, env);
  expect(found === undefined).toBe(isMeant);
});

test.each([
  ["https://10.1.2.3", "10.0.0.0/8", true],
  ["https://10.1.2.3", "10.1.2.3", true],
  ["https://10.1.2.3", "10.1.2.3:443", true],
  ["https://10.1.2.3", "10.1.2.3:6443", false],
  ["https://10.1.2.3", "11.0.0.0/8", false],
  ["https://10.1.2.3", "2.3", false],
  ["https://[fd00::1]", "fd00::/8", true],
  ["https://[fd00::1]", "fd00::1", true],
  ["https://[fd00::1]:6443", "[fd00::1]:6443", true],
])("to %s with NO_PROXY=%s no proxy is needed: %s", (server, rule, isMeant) => {
  const env = { HTTPS_PROXY, no_proxy: rule };
  expect(findProxy(new URL(server), undefined, env) === undefined).toBe(isMeant);
});

test("proxy-url comes before the environment, and NO_PROXY says nothing about it", () => {
  const env = { HTTPS_PROXY, NO_PROXY: "*" };
  const found = findProxy(new URL("https://kube.example"), "socks5://me", env);
  expect(found).toEqual({ url: "socks5h://me", source: "the kubeconfig's proxy-url" });
});
