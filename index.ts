import * as pulumi from "@pulumi/pulumi";
import { App, toDatabaseArgs } from "./components/app.ts";
import { BerthProvider } from "./components/berth-provider.ts";
import { readOnePasswordAccess } from "./components/config/environment.ts";
import { loadStackFromEngine } from "./components/config/load-from-engine.ts";
import { appsBefore } from "./components/config/logins.ts";
import { deliver } from "./components/delivery/deliver.ts";
import {
  commitFiles,
  openCheckout,
  reportUncommitted,
  warnOfUnlistedFiles,
} from "./components/delivery/open-checkout.ts";
import { openCluster } from "./components/delivery/open-cluster.ts";
import { planStackDelivery } from "./components/delivery/stack-delivery.ts";
import { makeLogFit } from "./components/engine/log.ts";
import { expectEnd } from "./components/engine/program-end.ts";
import { speedUpSdk, stopStackTraces } from "./components/engine/program-start.ts";
import { requireIdentity } from "./components/engine/stack-identity.ts";
import { readInEngine } from "./components/onepassword/in-engine.ts";
import { readStackItems } from "./components/onepassword/stack-items.ts";
import { toProviderApps, toProviderPostgres } from "./components/postgres/app-database.ts";
import { planApps } from "./components/postgres/plan-apps.ts";
import { openRegistry } from "./components/postgres/registry/stack.ts";
import { refuseUnusablePasswords } from "./components/postgres/verifier.ts";
import { openVault, toProviderVault } from "./components/vault/in-engine.ts";

speedUpSdk();
makeLogFit();
const end = expectEnd();

// Spec: what the stack file says, and which stack it is.
const loaded = requireIdentity(loadStackFromEngine(), pulumi.getOrganization());
for (const warning of loaded.warnings) void pulumi.log.warn(warning);

// Credentials: the items in 1Password.
const items = await readStackItems(loaded, await readInEngine(readOnePasswordAccess, loaded));
refuseUnusablePasswords(loaded.apps, items.credential);

// Berth's own provider. It looks at the server by itself, and it alone sees what state knows of the stack.
const inProgram = toProviderApps(loaded.apps);
const berth = new BerthProvider("berth", {
  stack: loaded.postgres.stack,
  ...(loaded.vaultFor ? {} : { postgres: toProviderPostgres(loaded.postgres, items.admin) }),
  ...toProviderVault(loaded),
  ...inProgram,
});
await berth.begin(inProgram);
const opened = await openCheckout(await berth.complete(loaded));
const { spec } = opened;

// Plan: each app's database, and all manifests. No other resource is registered before all of it is valid.
const manifests = planStackDelivery(spec, items.item);
warnOfUnlistedFiles(spec, manifests);
const planned = planApps(spec, items.credential);

// Providers. Those of Kubernetes, the registry and Vault need a look at the cluster, the server and Vault first.
// Berth's own provider looks at the server by itself.
const { delivery, providers: applying } = await openCluster(spec, manifests);
const registry = await openRegistry(spec, planned, items.admin);
const vault = await openVault(spec);
const providers = { berth, ...applying, ...(registry && { postgresql: registry.provider }) };

// Resources: each app's database and manifests, the manifests that apps share, and what is inside Vault.
stopStackTraces();
const byName = new Map<string, App>();
for (const one of planned) {
  const { app } = one;
  const databases = toDatabaseArgs(one, await one.verifiers, spec.postgres, registry);
  const after = appsBefore(app, spec.apps).flatMap(({ name }) => byName.get(name)?.roles ?? []);
  const args = {
    app,
    ...databases,
    delivery: delivery.ofApp(app),
    after,
    vaultLogin: vault?.login,
  };
  byName.set(app.name, new App(app.name, args, providers));
}
const created = [...byName.values()];
const written = created.map(({ delivered }) => delivered);
const resources = created.flatMap((app) => app.resources);
if (delivery.shared !== undefined) {
  // They wait for the first database: it shows that the server is the right one.
  const dependsOn = created.flatMap(({ database }) => database ?? []).slice(0, 1);
  const shared = deliver("shared", delivery.shared, { providers, dependsOn });
  written.push(shared.written);
  resources.push(shared);
}
const granted = (app: string) => byName.get(app)?.granted ?? [];
resources.push(...(vault?.create({ berth, granted }) ?? []));
const commit = commitFiles(spec, delivery, resources, berth);
if (commit !== undefined) written.push(commit.urn);
const reported = reportUncommitted(opened, delivery, pulumi.all(written));
const summaries = Object.fromEntries(created.map((app) => [app.name, app.summary]));

await berth.requireNoneRefused([
  ...created.flatMap(({ databases }) => databases.map(({ urn }) => urn)),
  ...written,
]);

/** Per app: its database, roles, Secrets and manifests. */
export const apps = pulumi.all([summaries, reported]).apply(([all]) => all);

end();
