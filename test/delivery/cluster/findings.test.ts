import { describe, expect, it } from "vitest";
import type { LiveClusterObject } from "../../../components/delivery/cluster/findings.ts";
import { KINDS } from "../../../components/delivery/cluster/kinds.ts";
import { decideForNetbox } from "../cluster.ts";

const item = "OnePasswordItem infra-netbox/netbox-db-credentials";
const application = "Application argocd/netbox";
const ours: LiveClusterObject = { managers: ["berth-prod", "manager"], finalizers: [] };
const others: LiveClusterObject = { managers: ["kubectl-client-side-apply"], finalizers: [] };

describe("a cluster to apply to", () => {
  it("may be empty, and may hold what the stack made", () => {
    expect(decideForNetbox({}).warnings).toEqual([]);
    expect(decideForNetbox({ objects: new Map([[item, ours]]) }).warnings).toEqual([]);
  });

  it("is refused when it is another than the stack file names", () => {
    expect(() => decideForNetbox({ identifier: "uid-of-work" })).toThrow(
      /context "home" is not the stack's cluster.*uid-of-work.*fix: correct berth:cluster\.context/s,
    );
  });

  it("is named for the stack file to pin", () => {
    const { warnings, identifier } = decideForNetbox({}, { identifier: undefined });
    expect(warnings).toMatchObject([
      { fix: expect.stringContaining("identifier: uid-of-home") as string },
    ]);
    expect(identifier).toBe("uid-of-home");
  });

  it("is refused with every kind that it lacks, where it comes from, and all else that is wrong", () => {
    const missingKinds = KINDS.filter(({ kind }) =>
      ["OnePasswordItem", "Application"].includes(kind),
    );
    const act = () => decideForNetbox({ missingKinds, namespaces: new Set(["argocd"]) });
    expect(act).toThrow("it has no OnePasswordItem in onepassword.com/v1, which 6 objects need");
    expect(act).toThrow("fix: install the 1Password operator (helm install connect connect");
    expect(act).toThrow("it has no Application in argoproj.io/v1alpha1, which 1 object needs");
    expect(act).toThrow("fix: install Argo CD (helm install argocd");
    expect(act).toThrow('there is no namespace "db-postgres"');
    expect(act).toThrow(/3 problems/);
  });

  it("is refused when a namespace is missing that nobody makes", () => {
    expect(() => decideForNetbox({}, { createNamespaces: false })).toThrow(
      'there is no namespace "infra-netbox"\n    fix: kubectl create namespace infra-netbox',
    );
  });

  it("is refused when it holds what others made, and nobody said to take it over", () => {
    const objects = new Map([[item, others]]);
    expect(() => decideForNetbox({ objects })).toThrow(
      `${item} exists and was not made by this stack (applied by kubectl-client-side-apply)`,
    );
    expect(() => decideForNetbox({ objects })).toThrow("berth:cluster.adopt: true");
    expect(decideForNetbox({ objects }, { adopt: true }).warnings).toEqual([
      { what: `adopting: ${item}, made by others` },
    ]);
  });

  it("is refused when it holds what another stack made", () => {
    const objects = new Map([[item, { ...others, managers: ["berth-production"] }]]);
    expect(() => decideForNetbox({ objects })).toThrow(
      "not made by this stack (applied by berth-production)",
    );
  });

  it("distinguishes stacks of one name, and knows its own under a former name", () => {
    const [mine, theirs] = ["1111111111111111", "2222222222222222"];
    const stack = { id: mine, name: "organization/berth/prod" };
    const of = (id: string, managers = ours.managers) => ({
      objects: new Map([[item, { ...ours, managers, stack: id }]]),
    });
    expect(decideForNetbox(of(mine), {}, stack).warnings).toEqual([]);
    expect(() => decideForNetbox(of(theirs), {}, stack)).toThrow(/was not made by this stack/);
    const renamed = { ...stack, former: [theirs] };
    expect(decideForNetbox(of(theirs, ["berth-old"]), {}, renamed).warnings).toEqual([]);
  });

  it("keeps the namespaces that others made out of the stack", () => {
    const objects = new Map([["Namespace infra-netbox", others]]);
    expect(decideForNetbox({ objects }).foreignNamespaces).toEqual(new Set(["infra-netbox"]));
    const made = new Map([["Namespace infra-netbox", ours]]);
    expect(decideForNetbox({ objects: made }).foreignNamespaces).toEqual(new Set());
    expect(decideForNetbox({}).foreignNamespaces).toEqual(new Set());
  });

  it.each([
    ["made by others, even with adopt", others, true],
    ["made by this stack", ours, false],
  ])("is refused for an Application %s that would take its workload along", (_, live, adopt) => {
    const finalizers = ["resources-finalizer.argocd.argoproj.io/background"];
    const objects = new Map([[application, { ...live, finalizers }]]);
    expect(() => decideForNetbox({ objects }, { adopt })).toThrow(
      /Argo CD would delete what it runs, volumes included\n {4}fix: kubectl -n argocd patch applications.argoproj.io netbox/,
    );
  });
});
