import path from "node:path";
import { expect, test } from "vitest";
import { healthChecks } from "../../../components/delivery/argocd/health-checks.ts";
import { planHealthExpressions } from "../../../components/delivery/git/flux-health.ts";
import { gitops, list, plan } from "../argocd/plan.ts";

/** What an operator has not looked at yet is not ready for Flux. */

interface Kustomization {
  readonly kind: string;
  readonly spec: {
    readonly path: string;
    readonly healthCheckExprs?: readonly { readonly kind: string }[];
  };
}

const awaited = healthChecks.filter(({ kind }) => kind !== "Application");

test("each kind that Argo CD waits for has an expression", () => {
  const kinds = awaited.map(({ group, kind }) => ({ apiVersion: `${group}/v1`, kind }));
  expect(planHealthExpressions(kinds)).toMatchObject(kinds);
});

test("each Kustomization has those of the kinds in its folder", () => {
  const apps = {
    wiki: null,
    docs: { secretsThrough: "external-secret" },
    keys: { credentials: "vault", vault: { restart: [] }, secrets: { c: { from: "vault" } } },
  };
  const store = { connect: { host: "http://c:8080", tokenSecret: { namespace: "c", name: "t" } } };
  const all = list(
    plan(apps, {
      gitops: { ...gitops, workloads: "flux" },
      secrets: { store, vault: { address: "https://v.tools:8200" } },
    }),
  );
  const found = new Set<string>();
  for (const [, { kind, spec }] of all as unknown as readonly (readonly [
    string,
    Kustomization,
  ])[]) {
    if (kind !== "Kustomization") continue;
    const folder = spec.path.replace("./clusters/home/", "");
    const kinds = all
      .filter(([file]) => path.posix.dirname(file) === folder)
      .map(([, object]) => object.kind);
    const expressions = (spec.healthCheckExprs ?? []).map((one) => one.kind);
    for (const one of awaited.filter((check) => kinds.includes(check.kind))) {
      expect(expressions, folder).toContain(one.kind);
      found.add(one.kind);
    }
    for (const one of expressions) expect(kinds).toContain(one);
  }
  expect([...found].toSorted()).toEqual(awaited.map(({ kind }) => kind).toSorted());
});
