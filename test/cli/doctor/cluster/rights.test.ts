import { expect, test } from "vitest";
import { planDeliveryRights, planRights } from "../../../../cli/doctor/cluster/rights.ts";
import { toReview } from "../../../../components/kubernetes/rights.ts";

const endpoint = {
  namespace: "db-postgres",
  target: { kind: "service", name: "postgres-postgresql" },
} as const;

const listRights = (...args: Parameters<typeof planRights>): string[] =>
  planRights(...args).map(({ verb, resource }) => `${verb} ${resource}`);

test("a Service is read and its Pods are listed; a Pod is read", () => {
  expect(listRights(endpoint, 34)).toEqual(["get services", "list pods", "get pods/portforward"]);
  const pod = { ...endpoint, target: { kind: "pod", name: "postgres-0" } } as const;
  expect(listRights(pod, 34)).toEqual(["get pods", "get pods/portforward"]);
  const labels = { ...endpoint, target: { kind: "selector", name: "role=primary" } } as const;
  expect(listRights(labels, 34)).toEqual(["list pods", "get pods/portforward"]);
});

test("Kubernetes 1.35 asks for create as well", () => {
  expect(listRights(endpoint, 35)).toContain("create pods/portforward");
});

test("the question names a subresource apart from its resource", () => {
  const right = { verb: "get", resource: "pods/portforward", namespace: "db" } as const;
  expect(toReview(right)).toMatchObject({
    kind: "SelfSubjectAccessReview",
    spec: {
      resourceAttributes: {
        namespace: "db",
        verb: "get",
        group: "",
        resource: "pods",
        subresource: "portforward",
      },
    },
  });
});

test("cluster mode asks for each kind in each namespace, and never to delete a namespace", () => {
  const item = (namespace: string, name: string) => ({
    apiVersion: "onepassword.com/v1",
    kind: "OnePasswordItem",
    metadata: { name, namespace },
  });
  const plan = {
    namespaces: [{ apiVersion: "v1", kind: "Namespace", metadata: { name: "infra-wiki" } }],
    secrets: [item("db", "a"), item("db", "b"), item("infra-wiki", "a")],
    job: [],
    applications: [],
  };
  const lines = planDeliveryRights([plan]).map(
    ({ verb, resource, group, namespace = "*", name = "*" }) =>
      `${namespace}: ${verb} ${resource} of "${group ?? ""}" ${name}`,
  );
  expect(lines).toEqual([
    '*: get namespaces of "" kube-system',
    '*: get namespaces of "" db',
    '*: get namespaces of "" infra-wiki',
    ...["get", "create", "patch"].map((verb) => `*: ${verb} namespaces of "" *`),
    ...["db", "infra-wiki"].flatMap((namespace) =>
      ["get", "create", "patch", "delete", "list", "watch"].map(
        (verb) => `${namespace}: ${verb} onepassworditems of "onepassword.com" *`,
      ),
    ),
  ]);
});
