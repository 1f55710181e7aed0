import * as pulumi from "@pulumi/pulumi";
import { App } from "./components/app.ts";
import { isOffline, readOnePasswordAccess } from "./components/config/environment.ts";
import { loadStackFromEngine } from "./components/config/load.ts";
import { AppDelivery } from "./components/delivery/app-delivery.ts";
import { planStackDelivery } from "./components/delivery/stack-delivery.ts";
import { readStackItems } from "./components/onepassword/stack-items.ts";
import { readThroughProvider } from "./components/onepassword/through-provider.ts";
import { notExamined } from "./components/postgres/examine.ts";
import { openServer } from "./components/postgres/open-server.ts";
import { planDatabase } from "./components/postgres/plan.ts";
import { createStockProvider } from "./components/postgres/stock-provider.ts";
import { createMarkerRole } from "./components/postgres/stock-stack.ts";
import { makeVerifiers } from "./components/postgres/verifier.ts";
import { BerthProvider } from "./provider/manifest-file-resource.ts";

// The SDK takes a stack for every promise, and mapping each through source maps costs half a preview.
Reflect.deleteProperty(Error, "prepareStackTrace");

// What shall be.
const spec = loadStackFromEngine();
const items = await readStackItems(spec, readThroughProvider(readOnePasswordAccess()));
const delivery = planStackDelivery(spec, items.item);
const planned = spec.apps.map((app) => ({
  app,
  plan: planDatabase(app, spec.postgres),
  verifiers: makeVerifiers(app.roles, items.credential),
}));

// What is. Nothing is registered before the server is known to be the right one.
const examination = isOffline()
  ? notExamined
  : await openServer(
      spec,
      planned.map(({ plan }) => plan),
      { admin: items.admin, isPreview: pulumi.runtime.isDryRun() },
    );
for (const warning of examination.warnings) void pulumi.log.warn(warning);

// What makes it so.
const postgresql = createStockProvider("postgresql", spec.postgres, items.admin);
const berth = new BerthProvider("berth");
const providers = { postgresql, berth };
const markerExists = examination.exists("role", spec.postgres.markerRole);
const marker = createMarkerRole(spec.postgres, markerExists, { provider: postgresql });
if (delivery.shared !== undefined) new AppDelivery("shared", delivery.shared, { providers });
const created = planned.map(({ app, plan, verifiers }) => {
  const database = { plan, verifiers, exists: examination.exists, marker };
  const args = { app, database, delivery: delivery.ofApp(app) };
  return new App(app.name, args, { providers });
});

/** Per app: its database, roles, Secrets and manifests. */
export const apps = Object.fromEntries(created.map((app) => [app.name, app.summary]));
