import { Session } from "node:inspector/promises";
import { appsBefore } from "../components/config/logins.ts";
import { parseStack } from "../components/config/parse.ts";
import type { StackSpec } from "../components/config/spec.ts";
import { toAnyId } from "../components/delivery/emitted-kinds.ts";
import { planStackDelivery } from "../components/delivery/stack-delivery.ts";
import { toProviderApps } from "../components/postgres/app-database.ts";
import { decideApp } from "../components/postgres/diff/decide-app.ts";
import { planDatabase } from "../components/postgres/plan/plan.ts";
import { projectFolder } from "../components/project-folder.ts";
import { liveDatabase, liveRole, makeCatalog } from "./fakes/catalog.ts";

/**
 * A program that prints how often each function of Berth is called for a few apps, and for twice as many. It is a
 * process of its own: in one that has run other tests V8 misses some calls.
 */

function toSpec(count: number, workloads: string, prefix: string): StackSpec {
  const names = Array.from({ length: count }, (_, n) => `${prefix}${String(n)}`);
  return parseStack("growth", {
    postgres: {
      endpoint: { direct: { host: "localhost" } },
      systemIdentifier: "7412345678901234567",
    },
    onepassword: { vault: "growth" },
    gitops: { directory: "gitops", repoURL: "https://git.example.org/gitops.git", workloads },
    apps: Object.fromEntries(
      names.map((name, n) => [
        name,
        {
          roles: {
            rw: { profile: "readwrite" },
            // A tenth of the apps is read by others.
            ...(n % 10 === 0 ? {} : { all: { profile: "readonly", reads: [names[n - (n % 10)]] } }),
          },
          workload: { git: { path: `apps/${name}` } },
        },
      ]),
    ),
  });
}

/** What a program and the provider work out for a stack that is as its file says. */
function workOut(count: number, workloads: string, prefix: string): void {
  const spec = toSpec(count, workloads, prefix);
  const delivery = planStackDelivery(spec, toAnyId);
  toProviderApps(spec.apps);
  const { postgres, apps } = spec;
  const roles = apps.flatMap((app) =>
    app.roles.map(({ name, memberOf }) => {
      const groups = [postgres.ownershipRole, ...memberOf];
      const memberships = groups.map((group) => ({ group, grantor: "coachlight_admin" }));
      return liveRole(name, { memberOf: groups, memberships });
    }),
  );
  const databases = apps.map(({ database, name }) => liveDatabase(database.name, name));
  const catalog = makeCatalog([liveRole(postgres.ownershipRole), ...roles], databases);
  const unlisted = { objects: [], settings: [], schemas: [] };
  const access = { objects: [], defaults: [], extensions: [] };
  const facts = { catalog, access, unlisted };
  for (const app of apps) {
    delivery.ofApp(app);
    appsBefore(app, apps);
    decideApp(planDatabase(app, postgres), facts, { postgres, formerRoles: [] });
  }
}

const [workloads = ""] = process.argv.slice(2);
const session = new Session();
session.connect();
await session.post("Profiler.enable");
await session.post("Profiler.startPreciseCoverage", { callCount: true, detailed: false });

/** The calls since the last count. */
async function countCalls(apps: number, prefix: string): Promise<Record<string, number>> {
  workOut(apps, workloads, prefix);
  const { result } = await session.post("Profiler.takePreciseCoverage");
  const own = result.filter(({ url }) => url.includes(`${projectFolder}/components/`));
  return Object.fromEntries(
    own.flatMap(({ url, functions }) =>
      functions.map(({ functionName, ranges: [range] }) => {
        const where = `${url.split("/components/")[1] ?? ""} at ${String(range?.startOffset)}`;
        return [`${functionName} in ${where}`, range?.count ?? 0];
      }),
    ),
  );
}

// Other names for each count, so that nothing is remembered.
console.log(
  JSON.stringify({ few: await countCalls(20, "few"), many: await countCalls(40, "many") }),
);
