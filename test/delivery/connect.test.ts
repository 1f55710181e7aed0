import { describe, expect, it } from "vitest";
import type { KubernetesObject } from "../../components/delivery/yaml.ts";
import { plan } from "../secrets/external-stack.ts";

/** 1Password Connect, where Berth makes it, and who may look at External Secrets' objects. */

const tokenSecret = { namespace: "connect", name: "onepassword-token" };

function planWith(deploy: object, more: object = {}) {
  const store = { connect: { deploy, tokenSecret }, ...more };
  return plan({}, { through: "external-secret", store }).objects;
}

const find = (objects: readonly KubernetesObject[], kind: string, name = "onepassword-connect") =>
  objects.find((one) => one.kind === kind && one.metadata.name === name) as unknown as Readonly<
    Record<string, unknown>
  >;

describe("1Password Connect", () => {
  const objects = planWith({});

  it("is in the namespace of its token, before the store that reads from it", () => {
    const ours = objects.filter(({ metadata }) => metadata.namespace === "connect");
    expect(ours.map(({ kind }) => kind)).toEqual(["Deployment", "Service", "NetworkPolicy"]);
    const waveOf = (object: KubernetesObject | undefined) =>
      Number(object?.metadata.annotations?.["argocd.argoproj.io/sync-wave"]);
    const store = objects.find(({ kind }) => kind === "ClusterSecretStore");
    expect(ours.map(waveOf).every((wave) => wave < waveOf(store))).toBe(true);
    expect(store).toMatchObject({
      spec: {
        provider: { onepassword: { connectHost: "http://onepassword-connect.connect:8080" } },
      },
    });
  });

  it("reads its credentials from a Secret that exists, and none is in a manifest", () => {
    expect(find(objects, "Deployment")).toMatchObject({
      spec: {
        template: {
          spec: {
            volumes: [
              { name: "data", emptyDir: {} },
              {
                secret: {
                  secretName: "op-credentials",
                  items: [
                    { key: "1password-credentials.json", path: "1password-credentials.json" },
                  ],
                },
              },
            ],
          },
        },
      },
    });
    expect(objects.map(({ kind }) => kind)).not.toContain("Secret");
  });

  it("has two halves that find each other, and the Service leads to the first", () => {
    const { spec } = find(objects, "Deployment") as {
      spec: {
        selector: { matchLabels: object };
        template: {
          metadata: { labels: object };
          spec: {
            containers: {
              image: string;
              env: { name: string; value: string }[];
              ports: object[];
            }[];
          };
        };
      };
    };
    const [api, sync] = spec.template.spec.containers;
    const valueOf = (of: typeof api, name: string) =>
      of?.env.find((one) => one.name === name)?.value;
    expect(valueOf(api, "OP_BUS_PEERS")).toBe(`localhost:${String(valueOf(sync, "OP_BUS_PORT"))}`);
    expect(valueOf(sync, "OP_BUS_PEERS")).toBe(`localhost:${String(valueOf(api, "OP_BUS_PORT"))}`);
    expect(valueOf(api, "OP_SESSION")).toBe("/home/opuser/.op/1password-credentials.json");
    expect(api?.image).toBe("docker.io/1password/connect-api:1.8.2");
    expect(api?.ports).toEqual([{ name: "http", containerPort: 8080, protocol: "TCP" }]);
    const { spec: service } = find(objects, "Service") as { spec: { selector: object } };
    expect(spec.template.metadata.labels).toMatchObject(service.selector);
    expect(spec.selector.matchLabels).toEqual(service.selector);
  });

  it("lets in the namespaces of its clients, by the label that each namespace has", () => {
    const policy = find(planWith({ clients: ["external-secrets", "monitoring"] }), "NetworkPolicy");
    expect(policy).toMatchObject({
      spec: {
        podSelector: { matchLabels: { "app.kubernetes.io/name": "onepassword-connect" } },
        policyTypes: ["Ingress"],
        ingress: [
          {
            from: ["external-secrets", "monitoring"].map((name) => ({
              namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": name } },
            })),
            ports: [{ protocol: "TCP", port: 8080 }],
          },
        ],
      },
    });
  });

  it("is watched by Prometheus if the stack asks for it", () => {
    expect(find(objects, "ServiceMonitor")).toBeUndefined();
    const watched = planWith({ serviceMonitor: true });
    expect(find(watched, "ServiceMonitor")).toMatchObject({
      spec: {
        selector: { matchLabels: { "app.kubernetes.io/name": "onepassword-connect" } },
        namespaceSelector: { matchNames: ["connect"] },
        endpoints: [{ port: "http", path: "/metrics" }],
      },
    });
    expect(find(watched, "ServiceMonitor", "external-secrets")).toMatchObject({
      spec: { namespaceSelector: { matchNames: ["external-secrets"] } },
    });
  });

  it("takes names, version and Secret of the stack file", () => {
    const credentialsSecret = { name: "op", key: "file" };
    const named = { name: "op-connect", namespace: "tools", version: "1.9.0", credentialsSecret };
    const text = JSON.stringify(planWith(named));
    expect(text).toContain('"secretName":"op","items":[{"key":"file"');
    expect(text).toContain("connect-sync:1.9.0");
    expect(text).toContain('"connectHost":"http://op-connect.tools:8080"');
  });

  it("is not there for a stack whose server exists", () => {
    expect(plan({}).objects.map(({ kind }) => kind)).not.toContain("Deployment");
  });
});

describe("readers", () => {
  it("may see the state of a Secret's object in the app's namespace, and no Secret", () => {
    const objects = planWith({}, { readers: ["developers"] });
    expect(find(objects, "Role", "berth-prod-reader")).toMatchObject({
      metadata: { namespace: "infra-radarr" },
      rules: [
        {
          apiGroups: ["external-secrets.io"],
          resources: ["externalsecrets", "secretstores"],
          verbs: ["get", "list", "watch"],
        },
      ],
    });
    expect(find(objects, "RoleBinding", "berth-prod-reader")).toMatchObject({
      roleRef: { kind: "Role", name: "berth-prod-reader" },
      subjects: [{ kind: "Group", name: "developers" }],
    });
    expect(JSON.stringify(objects)).not.toContain('"secrets"');
  });
});
