import type { Client } from "pg";
import { commandLine } from "../../components/command-line.ts";
import { describeAdminItem } from "../../components/config/spec/postgres.ts";
import type { StackSpec } from "../../components/config/spec.ts";
import type { Credential } from "../../components/onepassword/credential.ts";
import { inspectCatalog } from "../../components/postgres/catalog/catalog.ts";
import { withOwnershipRole } from "../../components/postgres/rules/roles/identity.ts";
import { explainLoginFailure } from "../../components/postgres/server/login-failure.ts";
import { withSession } from "../../components/postgres/server/session.ts";
import { pgTlsOptions } from "../../components/postgres/server/tls.ts";
import { type Endpoint, openEndpoint } from "../../components/tunnel/endpoint.ts";
import type { Outcome, Report } from "./report.ts";
import {
  checkAdmin,
  checkApps,
  checkNeighbours,
  checkOwnershipRole,
  checkPinned,
  checkVersion,
  type ServerState,
} from "./server-state.ts";

/** Checks of the server, with the code of a run: the connection, then what the admin sees. They only read. */

const group = "Postgres";

/** All checks of the server. `way` is what the port-forward needs. */
export async function checkPostgres(
  report: Report,
  spec: Outcome<StackSpec>,
  way: Outcome<unknown>,
  admin: Outcome<Credential>,
): Promise<void> {
  const tls = await report.check(
    { group, name: "TLS", fix: "correct berth:postgres.tls" },
    [spec],
    ({ postgres }) => ({ value: pgTlsOptions(postgres.tls), detail: `mode ${postgres.tls.mode}` }),
  );
  const endpoint = await report.check(
    { group, name: "reachable", fix: "correct berth:postgres.endpoint" },
    [spec, way],
    async (stack) => {
      const opened = await openWay(stack);
      return { value: opened, detail: opened.description };
    },
  );
  try {
    const fix = "compare berth:postgres and the admin's item with the server";
    const state = await report.check(
      { group, name: "login", fix },
      [spec, tls, endpoint, admin],
      async ({ postgres }, pgTls, opened, credential) => {
        const database = postgres.maintenanceDatabase;
        const item = describeAdminItem(postgres);
        const target = { endpoint: opened, tls: pgTls, database, item };
        const found = await withSession(target, credential, inspectState);
        const encryption = found.isEncrypted ? "encrypted" : "without TLS";
        return { value: found, detail: `as ${credential.username} to ${database}, ${encryption}` };
      },
    );
    await checkServer(report, spec, state);
  } finally {
    if ("value" in endpoint) await endpoint.value.close();
  }
}

/** A run with the `postgresql` provisioner needs the local port too. */
async function openWay(spec: StackSpec): Promise<Endpoint> {
  const { postgres } = spec;
  const listens = spec.apps.some((app) => app.provisioner === "postgresql");
  const endpoint = await openEndpoint(postgres.endpoint, postgres.tls, { listens });
  try {
    (await endpoint.connect()).destroy();
    return endpoint;
  } catch (error) {
    await endpoint.close();
    throw explainLoginFailure(error, endpoint);
  }
}

async function inspectState(client: Client): Promise<ServerState> {
  await client.query("set session characteristics as transaction read only");
  const catalog = await inspectCatalog(client);
  const { rows } = await client.query<{ ssl: boolean; self_grant: string | null }>(
    `select s.ssl, pg_catalog.current_setting('createrole_self_grant', true) as self_grant
     from pg_catalog.pg_stat_ssl s where s.pid = pg_catalog.pg_backend_pid()`,
  );
  return {
    catalog,
    isEncrypted: rows[0]?.ssl === true,
    selfGrant: rows[0]?.self_grant ?? undefined,
  };
}

async function checkServer(
  report: Report,
  stack: Outcome<StackSpec>,
  state: Outcome<ServerState>,
): Promise<void> {
  const spec =
    "value" in stack && "value" in state
      ? { value: withOwnershipRole(stack.value, state.value.catalog.roles.values()) }
      : stack;
  const right = await report.check(
    { group, name: "system_identifier", fix: "correct berth:postgres.endpoint" },
    [spec, state],
    checkPinned,
  );
  const serverChecks = [
    ["version", checkVersion, "correct berth:postgres.endpoint"],
    ["admin role", checkAdmin, "correct berth:postgres.adminItem"],
    [
      "ownership role",
      checkOwnershipRole,
      "set berth:postgres.ownershipRole to a name that is free",
    ],
    [
      "apps",
      checkApps,
      `${commandLine("adopt")} proposes entries for what exists; or give the app another name`,
    ],
    ["reserved names", checkNeighbours, "correct berth:postgres.reserved"],
  ] as const;
  for (const [name, inspect, fix] of serverChecks) {
    await report.check({ group, name, fix }, [spec, state, right], inspect);
  }
}
