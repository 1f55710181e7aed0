import type { LiveStack } from "../../../../cli/report/page/live.ts";
import { type StackReport, toStackReport } from "../../../../cli/report/page/model.ts";
import { parseStack } from "../../../../components/config/parse.ts";
import type { StackSpec } from "../../../../components/config/spec.ts";
import { decideApp } from "../../../../components/postgres/diff/decide-app.ts";
import { planDatabase } from "../../../../components/postgres/plan/plan.ts";
import { goodServer, liveDatabase, liveRole, makeCatalog } from "../../../fakes/catalog.ts";
import { makeSpec, writeStack } from "../../../fakes/stack.ts";

/** A stack on a server that others share, as the pictures in the documentation show it. */

const shared = {
  tls: { mode: "require" },
  systemIdentifier: goodServer.systemIdentifier,
};
const gitops = { directory: "../gitops", repoURL: "https://git.example.org/coachlight/gitops.git" };
const workloadOf = (app: string) => ({ git: { path: `apps/${app}` } });

const sampleSpec: StackSpec = parseStack("prod", {
  ...writeStack(
    {
      wiki: {
        roles: { reports: { profile: "readonly", memberOf: ["analysts"] } },
        workload: workloadOf("wiki"),
      },
      shop: {
        roles: { importer: { profile: "readwrite", namespace: "batch" } },
        workload: workloadOf("shop"),
      },
      netbox: {
        secrets: { "netbox-superuser": ["username", "password"] },
        workload: workloadOf("netbox"),
      },
    },
    shared,
  ),
  gitops,
});

const { ownershipRole } = sampleSpec.postgres;
const own = (name: string, more: Parameters<typeof liveRole>[1] = {}) =>
  liveRole(name, { memberOf: [ownershipRole], adminIsMember: true, adminMayAlter: true, ...more });
const closed = (name: string, ...readers: string[]) =>
  liveDatabase(name, name, {
    privileges: [name, ...readers].map((grantee) => `${grantee}=CONNECT`),
  });

const sampleCatalog = makeCatalog(
  [
    liveRole(ownershipRole, { canLogin: false, hasMembers: true }),
    liveRole("postgres", { isSuperuser: true }),
    liveRole("coachlight_admin"),
    ...["wiki", "shop"].map((name) => own(name)),
    own("wiki_reports", { memberOf: [ownershipRole, "analysts"] }),
    own("shop_importer", { connectionLimit: 4 }),
    liveRole("analysts", { canLogin: false, hasMembers: true }),
    liveRole("grafana", { memberOf: ["analysts"] }),
    liveRole("paperless"),
    liveRole("backup"),
  ],
  [
    closed("wiki", "wiki_reports"),
    closed("shop", "shop_importer", "backup"),
    liveDatabase("paperless", "paperless"),
    liveDatabase("warehouse", "postgres", { privileges: ["postgres=CONNECT", "analysts=CONNECT"] }),
    liveDatabase("postgres", "postgres"),
    liveDatabase("template0", "postgres", { allowsConnections: false }),
  ],
);

const sampleLive: LiveStack = {
  endpoint: "postgres-postgresql.db-postgres:5432",
  catalog: sampleCatalog,
  decisions: new Map(
    sampleSpec.apps.map((app) => {
      const plan = planDatabase(app, sampleSpec.postgres);
      return [
        app.name,
        [decideApp(plan, { catalog: sampleCatalog }, { postgres: sampleSpec.postgres })],
      ];
    }),
  ),
};

export const sampleReport: StackReport = toStackReport(sampleSpec, sampleSpec.apps, sampleLive);

/** A stack of many apps, from its file alone. */
export function manyApps(count: number): StackReport {
  const names = Array.from({ length: count }, (_, at) => `app${String(at).padStart(3, "0")}`);
  const entry = { roles: { reports: { profile: "readonly" } } };
  const spec = makeSpec(Object.fromEntries(names.map((name) => [name, entry])), shared);
  return toStackReport(spec, spec.apps, undefined);
}

const hostile = `"'><img src=x onerror="window.pwned=1"><script>window.pwned=1</script>\${1}&amp;\u001b[2J\u202e`;

/** A server whose names are written to break a page. */
export function hostileReport(): StackReport {
  const { catalog } = sampleLive;
  const roles = new Map([...catalog.roles, [hostile, liveRole(hostile)]]);
  const databases = new Map([...catalog.databases, [hostile, liveDatabase(hostile, hostile)]]);
  const shop = liveDatabase("shop", "shop", { privileges: [`${hostile}=CONNECT`] });
  return toStackReport(sampleSpec, sampleSpec.apps, {
    ...sampleLive,
    endpoint: hostile,
    catalog: { ...catalog, roles, databases: databases.set("shop", shop) },
  });
}
