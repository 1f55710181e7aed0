import * as pulumi from "@pulumi/pulumi";
import pLimit from "p-limit";
import { App } from "./components/app.ts";
import { BerthProvider } from "./components/berth-provider.ts";
import { isTargeted, readOnePasswordAccess } from "./components/config/environment.ts";
import { loadStackFromEngine } from "./components/config/load-from-engine.ts";
import { openCluster } from "./components/delivery/cluster/stack.ts";
import { deliver } from "./components/delivery/deliver.ts";
import { planStackDelivery } from "./components/delivery/stack-delivery.ts";
import { expectEnd } from "./components/engine/program-end.ts";
import { requireIdentity } from "./components/engine/stack-identity.ts";
import { readInEngine } from "./components/onepassword/in-engine.ts";
import { readStackItems } from "./components/onepassword/stack-items.ts";
import { toProviderApps, toProviderPostgres } from "./components/postgres/app-database.ts";
import { planDatabase } from "./components/postgres/plan/plan.ts";
import { openRegistry } from "./components/postgres/registry/stack.ts";
import { makeVerifiers, refuseUnusablePasswords } from "./components/postgres/verifier.ts";

// The SDK takes a stack for every promise, and mapping each through source maps costs half a preview.
Reflect.deleteProperty(Error, "prepareStackTrace");
// It tells the engine of each step, one after the other, which takes as long as the steps themselves, and
// `--debug` prints it: with all that 1Password answered.
Object.assign(pulumi.log, { debug: () => Promise.resolve() });
const end = expectEnd();

// What shall be.
const loaded = requireIdentity(loadStackFromEngine(), pulumi.getOrganization());
const items = await readStackItems(loaded, await readInEngine(readOnePasswordAccess(), loaded));
refuseUnusablePasswords(loaded.apps, items.credential);
// Berth's own provider looks at the server by itself, and only when it has to.
const berth = new BerthProvider("berth", {
  stack: loaded.postgres.stack,
  postgres: toProviderPostgres(loaded.postgres, items.admin),
  ...toProviderApps(loaded.apps),
});
// What only its state knows of a stack is for those who write besides the provider.
const isAlone =
  loaded.cluster === undefined && loaded.apps.every((app) => app.provisioner === "berth");
const spec = isAlone ? loaded : await berth.complete(loaded);
const manifests = planStackDelivery(spec, items.item);
const atOnce = pLimit(4);
const planned = spec.apps.map((app) => ({
  app,
  plan: planDatabase(app, spec.postgres),
  verifiers: atOnce(() => makeVerifiers(app.roles, items.credential)),
}));

// What is, where a provider would not look before it writes.
const { delivery, providers: applying } = await openCluster(spec, manifests);

// What makes it so.
const usesStock = await Promise.all(
  planned
    .filter(({ app }) => app.provisioner === "postgresql")
    .map(async ({ plan, verifiers }) => ({ plan, verifiers: await verifiers })),
);
const stock = await openRegistry(spec, usesStock, items.admin);
// A target may wait for nothing that is none.
const first = isTargeted() ? undefined : stock?.after;
const providers = { berth, ...applying, ...(stock && { postgresql: stock.provider }) };
// What can go wrong from here on is told by the engine, and the SDK takes a stack for every promise.
Error.stackTraceLimit = 0;
const created: App[] = [];
// The engine is at work on the first apps while the verifiers of the last are being made.
for (const { app, plan, verifiers: made } of planned) {
  const verifiers = await made;
  const { ownershipRole } = spec.postgres;
  const { reclaimPolicy } = app;
  const { recreate } = app.database;
  const database = {
    berth: { plan, verifiers, ownershipRole, reclaimPolicy, recreate, after: first },
    postgresql: stock && { plan, verifiers, ...stock },
    job: undefined,
  }[app.provisioner];
  const args = { app, database, delivery: delivery.ofApp(app) };
  created.push(new App(app.name, args, providers));
}
// Nothing is written into the tree or the cluster before the first app has shown that the server is the right one.
const dependsOn = created.flatMap(({ database }) => database ?? []).slice(0, 1);
if (delivery.shared !== undefined) {
  deliver("shared", delivery.shared, { providers, dependsOn });
}

/** Per app: its database, roles, Secrets and manifests. */
export const apps = Object.fromEntries(created.map((app) => [app.name, app.summary]));

end();
