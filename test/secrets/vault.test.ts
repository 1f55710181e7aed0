import { expect, test } from "vitest";
import { parseStack } from "../../components/config/parse.ts";
import { planStackDelivery } from "../../components/delivery/stack-delivery.ts";
import { planItemRequests } from "../../components/onepassword/stack-items.ts";
import { buildVaultDestination } from "../../components/secrets/vault-destination.ts";
import { writeStack } from "../fakes/stack.ts";

const gitops = { directory: "../gitops", repoURL: "https://git.example.org/gitops.git" };
const apps = {
  plain: null,
  wiki: {
    secrets: {
      "wiki-config": { from: "vault" },
      "wiki-keys": { from: "vault", fields: ["tls.key", "id"], namespace: "edge" },
      "wiki-redis": ["password"],
    },
    vault: { restart: ["Deployment/wiki", "StatefulSet/wiki-worker"] },
  },
};

function plan(vault: object, entries: object = apps) {
  const spec = parseStack("prod", { ...writeStack(entries), gitops, secrets: { vault } });
  const delivery = planStackDelivery(spec, ({ item }) => ({ vaultId: "v", itemId: item }));
  const files = [delivery.shared, ...spec.apps.map(delivery.ofApp)].flatMap((one) =>
    one !== undefined && "files" in one ? one.files : [],
  );
  return { spec, files };
}

test("each namespace gets a login and its Secrets, and what the apps share one connection", () => {
  const { files } = plan({ address: "https://vault.tools:8200" });
  const ofVault = files.filter(({ objects }) =>
    objects.some(({ kind }) => kind.startsWith("Vault")),
  );
  expect(ofVault.map(({ path, logicalName }) => [path, logicalName])).toEqual([
    ["k8s/db-provisioning/postgres-admin/00-vaultconnection.yaml", "shared.vault"],
    ["k8s/infra/wiki/00-vaultauths-edge.yaml", "wiki.vaultauths.edge"],
    ["k8s/infra/wiki/00-vaultauths-infra-wiki.yaml", "wiki.vaultauths.infra-wiki"],
    ["k8s/infra/wiki/00-vaultstaticsecrets-edge.yaml", "wiki.vaultstaticsecrets.edge"],
    ["k8s/infra/wiki/00-vaultstaticsecrets-infra-wiki.yaml", "wiki.vaultstaticsecrets.infra-wiki"],
  ]);
  const [connection, auth, , , config] = ofVault.map(({ objects }) => objects[0]);
  expect(connection).toMatchObject({
    metadata: { name: "berth-prod", namespace: "db-postgres" },
    spec: { address: "https://vault.tools:8200", skipTLSVerify: false },
  });
  expect(auth).toMatchObject({
    metadata: { name: "wiki", namespace: "edge" },
    spec: {
      vaultConnectionRef: "db-postgres/berth-prod",
      method: "kubernetes",
      mount: "kubernetes",
      kubernetes: { role: "wiki", serviceAccount: "wiki", audiences: ["vault"] },
    },
  });
  expect(config).toMatchObject({
    metadata: { name: "wiki-config", namespace: "infra-wiki" },
    spec: {
      vaultAuthRef: "wiki",
      type: "kv-v2",
      mount: "kvv2",
      path: "wiki/config",
      refreshAfter: "1m",
      destination: { name: "wiki-config", create: true },
      rolloutRestartTargets: [
        { kind: "Deployment", name: "wiki" },
        { kind: "StatefulSet", name: "wiki-worker" },
      ],
    },
  });
});

test("what runs in one namespace is not restarted for a Secret in another", () => {
  const { files } = plan({ connection: "tools/default" });
  const inEdge = files.filter(({ path }) => path.endsWith("vaultstaticsecrets-edge.yaml"));
  expect(inEdge).toHaveLength(1);
  expect(JSON.stringify(inEdge)).not.toContain("rolloutRestartTargets");
});

test("a connection that exists is referred to and not made, in Vault's own namespace if it has one", () => {
  const { files } = plan({ connection: "tools/default", namespace: "admin/team" });
  const objects = files.flatMap((file) => file.objects);
  expect(objects.filter(({ kind }) => kind === "VaultConnection")).toEqual([]);
  expect(objects.find(({ kind }) => kind === "VaultAuth")).toMatchObject({
    spec: { vaultConnectionRef: "tools/default", namespace: "admin/team" },
  });
});

test("a login of Vault's making comes to the app alone, and to no folder of the database", () => {
  const only = {
    news: {
      credentials: "vault",
      owner: { namespace: "press", secret: "news-login" },
      vault: { restart: ["Deployment/news"], databaseRole: "newsroom" },
    },
    wiki: {
      credentials: "vault",
      roles: { ro: { profile: "readonly" } },
      vault: { restart: ["Deployment/wiki"] },
    },
  };
  const { spec, files } = plan({ connection: "tools/default" }, only);
  expect(files.map(({ path }) => path).filter((path) => !path.includes("postgres-admin"))).toEqual([
    "argocd/apps/infra/news.yml",
    "k8s/infra/news/00-vaultauths-press.yaml",
    "k8s/infra/news/00-vaultdynamicsecrets-press.yaml",
    "argocd/apps/db/wiki-db-provisioner.yml",
    "k8s/db-provisioning/wiki/00-onepassworditems-db-postgres.yaml",
    "argocd/apps/infra/wiki.yml",
    "k8s/infra/wiki/00-onepassworditems-infra-wiki.yaml",
    "k8s/infra/wiki/00-vaultauths-infra-wiki.yaml",
    "k8s/infra/wiki/00-vaultdynamicsecrets-infra-wiki.yaml",
  ]);
  const dynamic = files
    .flatMap(({ objects }) => objects)
    .filter((o) => o.kind === "VaultDynamicSecret");
  const ofVault = { vaultAuthRef: "wiki", mount: "postgres", renewalPercent: 67, revoke: true };
  expect(dynamic).toMatchObject([
    {
      metadata: { name: "news-login", namespace: "press" },
      spec: { path: "creds/newsroom", destination: { name: "news-login", create: true } },
    },
    {
      metadata: { name: "wiki-db-credentials", namespace: "infra-wiki" },
      spec: {
        ...ofVault,
        path: "creds/wiki",
        rolloutRestartTargets: [{ kind: "Deployment", name: "wiki" }],
      },
    },
  ]);
  expect(JSON.stringify(dynamic[0])).not.toContain("rolloutRestartTargets");
  expect(planItemRequests(spec).map(({ ref }) => ref.item)).toEqual([
    "postgres-admin",
    "wiki-ro-db-credentials",
  ]);
});

test("1Password is not asked for what is in Vault", () => {
  const { spec } = plan({ connection: "tools/default" });
  expect(planItemRequests(spec).map(({ ref }) => ref.item)).toEqual([
    "postgres-admin",
    "plain-db-credentials",
    "wiki-db-credentials",
    "wiki-redis",
  ]);
});

test("a Secret holds the keys asked for and no second copy of everything", () => {
  const args = { name: "n", restart: [], labels: {} };
  expect(buildVaultDestination({ ...args, fields: ["tls.key", "id", "id"] }).destination).toEqual({
    name: "n",
    create: true,
    labels: {},
    transformation: { excludeRaw: true, includes: ["^tls\\.key$", "^id$"] },
  });
  expect(buildVaultDestination({ ...args, fields: [] }).destination.transformation).toEqual({
    excludeRaw: true,
  });
});
