import { expect, test } from "vitest";
import { planAppSecrets } from "../../../components/delivery/app-objects.ts";
import { findProblems, makeApp, makeSpec, writeStack } from "../../fakes/stack.ts";

const readonly = { profile: "readonly" };

test("what rotate restarts is kind and name, for each role", () => {
  const entry = {
    owner: { restart: ["Deployment/wiki", "StatefulSet/wiki-search"] },
    roles: { ro: { ...readonly, restart: ["DaemonSet/reader"] } },
  };
  expect(makeApp(entry).roles.map(({ restart }) => restart)).toEqual([
    [
      { kind: "Deployment", name: "wiki" },
      { kind: "StatefulSet", name: "wiki-search" },
    ],
    [{ kind: "DaemonSet", name: "reader" }],
  ]);
});

test.each([["wiki"], ["argo.Rollout/wiki"], ["Pod/wiki"], ["Deployment/Wiki"]])(
  "fails for %s, and lists what can be restarted",
  (target) => {
    expect(findProblems(writeStack({ wiki: { owner: { restart: [target] } } }))).toEqual([
      expect.stringContaining(
        "cannot be restarted; write it as Deployment/wiki (or DaemonSet, StatefulSet)",
      ),
    ]);
  },
);

test("the operator's restart is an annotation of the item that asks for it", () => {
  const spec = makeSpec({ wiki: { owner: { autoRestart: true }, roles: { ro: readonly } } });
  const [app] = spec.apps;
  if (app === undefined) throw new Error("the stack has no app");
  const { own } = planAppSecrets(spec, app, ({ item }) => ({ vaultId: "v", itemId: item }));
  const annotation = "operator.1password.io/auto-restart";
  expect(own.map(({ metadata }) => metadata.annotations[annotation])).toEqual(["true", undefined]);
});

test("fails where nobody would restart", () => {
  const through = { secretsThrough: "external-secret" };
  const store = { store: { name: "vault" } };
  const external = { ...through, owner: { autoRestart: true } };
  expect(findProblems({ ...writeStack({ wiki: external }), secrets: store })).toEqual([
    "berth:apps.wiki.owner.autoRestart: only the 1Password operator restarts by itself, and the Secret comes through external-secret; name what `rotate` restarts under berth:apps.wiki.owner.restart",
  ]);
  const vault = {
    credentials: "vault",
    owner: { restart: ["Deployment/wiki"] },
    vault: { restart: [] },
  };
  const secrets = { vault: { connection: "tools/default" } };
  expect(findProblems({ ...writeStack({ wiki: vault }), secrets })).toEqual([
    "berth:apps.wiki.owner: Vault makes the logins, and `rotate` does not change them; move `restart` to berth:apps.wiki.vault",
  ]);
});
