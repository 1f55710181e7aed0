import * as pulumi from "@pulumi/pulumi";
import { parseStack } from "../../../components/config/parse.ts";
import { speedUpSdk, stopStackTraces } from "../../../components/engine/program-start.ts";
import { toState } from "../../../components/postgres/plan/app-state.ts";
import { withoutDefaults } from "../../../components/postgres/plan/defaults.ts";
import { planDatabase } from "../../../components/postgres/plan/plan.ts";
import { entry } from "../entry.ts";

/** Registers so many resources with the inputs of an AppDatabase. What it takes is what Pulumi itself takes. */

speedUpSdk();
const { apps, postgres } = parseStack("nothing", {
  postgres: { endpoint: { direct: { host: "localhost" } } },
  onepassword: { vault: "bench" },
  apps: { bench: entry },
});
const states = apps.map((app) =>
  withoutDefaults(toState(planDatabase(app, postgres), postgres.ownershipRole, "retain")),
);
const verifiers = Object.fromEntries(
  ["owner", "rw"].map((key) => [key, pulumi.secret(`${key}${"x".repeat(120)}`)]),
);

class Nothing extends pulumi.CustomResource {}
class NothingProvider extends pulumi.ProviderResource {}

const provider = new NothingProvider("nothing", "nothing", {});
stopStackTraces();
for (let n = 1; n <= Number(process.env["BENCH_RESOURCES"]); n += 1) {
  const inputs = { ...states[0], verifiers };
  new Nothing("nothing:index:Nothing", `bench${String(n)}`, inputs, { provider });
}
