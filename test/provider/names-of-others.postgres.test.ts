import type { ChildProcess } from "node:child_process";
import grpc from "@grpc/grpc-js";
import engine from "@pulumi/pulumi/proto/engine_grpc_pb.js";
import type { LogRequest } from "@pulumi/pulumi/proto/engine_pb.js";
import messages from "@pulumi/pulumi/proto/provider_pb.js";
import empty from "google-protobuf/google/protobuf/empty_pb.js";
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from "vitest";
import {
  decodeProperties,
  encodeProperties,
  type PropertyMap,
} from "../../provider/rpc/property-values.ts";
import { countFaults } from "../faults/count.ts";
import { type DatabaseBed, inputsOf, toUrn } from "./app-database/bed.ts";
import { useBed } from "./app-database/use-bed.ts";
import { call, connect, launcher, rpc, startProvider } from "./provider-process.ts";

/**
 * What reaches the engine, and with it the admin's terminal, of names that an app's owner made up: on a real
 * Postgres, from the provider as Pulumi starts it.
 */

const evil = "x\u001b[2J\u009b\u202e<{%fg 1%}>\nResources: 5 unchanged";
const urn = toUrn("wiki");
const engineMessages: string[] = [];
const fakeEngine = new grpc.Server();
const bed = useBed();
let vault: Awaited<ReturnType<DatabaseBed["openVault"]>>;
let child: ChildProcess;
let client: grpc.Client;

beforeAll(async () => {
  vault = await bed.openVault();
  const log: grpc.handleUnaryCall<LogRequest, empty.Empty> = ({ request }, answer) => {
    engineMessages.push(request.getMessage());
    answer(null, new empty.Empty());
  };
  fakeEngine.addService({ log: engine.EngineService.log }, { log });
  const port = await new Promise<number>((resolve, reject) => {
    fakeEngine.bindAsync("127.0.0.1:0", grpc.ServerCredentials.createInsecure(), (error, bound) => {
      if (error === null) resolve(bound);
      else reject(error);
    });
  });
  const started = await startProvider([launcher, `127.0.0.1:${String(port)}`], { env: vault.env });
  child = started.child;
  client = connect(started.port);
  await bed.up(inputsOf("wiki"));
  await bed.sqlAs("wiki", "wiki", `CREATE TABLE public."${evil}" ()`);
});

beforeEach(async () => {
  engineMessages.length = 0;
  await configure();
});

afterEach(async () => {
  await bed.sql(
    "DROP EVENT TRIGGER IF EXISTS refuse; DROP FUNCTION IF EXISTS public.refuse()",
    "wiki",
  );
  const made = await bed.sql("SELECT FROM pg_roles WHERE rolname = 'wiki_ro'");
  if (made.length > 0) await bed.sql("DROP OWNED BY wiki_ro; DROP ROLE wiki_ro", "wiki");
});

afterAll(async () => {
  client.close();
  child.kill("SIGKILL");
  fakeEngine.forceShutdown();
  await vault.close();
});

/** As at the start of a run: the server is read again. */
async function configure(): Promise<void> {
  const args = encodeProperties(bed.config());
  await call(client, rpc.configure, new messages.ConfigureRequest().setArgs(args));
}

const withReader = inputsOf("wiki", { roles: { ro: { profile: "readonly" } } });

const update = (preview: boolean, inputs = withReader, old: PropertyMap = inputsOf("wiki")) =>
  call(
    client,
    rpc.update,
    new messages.UpdateRequest()
      .setUrn(urn)
      .setId("wiki")
      .setOlds(encodeProperties(old))
      .setOldInputs(encodeProperties(old))
      .setNews(encodeProperties(inputs))
      .setPreview(preview),
  );

function expectFit(texts: readonly string[]): void {
  for (const text of texts) expect(text).not.toMatch(/[\0-\x09\x0b-\x1f\x7f-\x9f\u202e]|<\{%/);
  expect(texts.flatMap((text) => text.split("\n"))).not.toContainEqual(
    expect.stringMatching(/^\s*Resources/),
  );
}

countFaults("names of others, on the server");

it("shows a statement with such a name so that it can be pasted", async () => {
  await update(true);
  await expect.poll(() => engineMessages).not.toEqual([]);
  expectFit(engineMessages);
  const [statement = ""] = /GRANT SELECT ON TABLE .*;/.exec(engineMessages.join("\n")) ?? [];
  expect(statement).toBe(
    String.raw`GRANT SELECT ON TABLE "public".U&"x\001b[2J\009b\202e<\007b%fg 1%}>\000aResources: 5 unchanged" TO "wiki_ro";`,
  );
  await update(false);
  await bed.sql(statement.replace("GRANT", "REVOKE").replace(" TO ", " FROM "), "wiki");
  const granted = `select has_table_privilege('wiki_ro', c.oid, 'select') as granted from pg_class c where relname like 'x%'`;
  expect(await bed.sql(granted, "wiki")).toEqual([{ granted: false }]);
  await bed.sql(statement, "wiki");
  expect(await bed.sql(granted, "wiki")).toEqual([{ granted: true }]);
});

it("names it in a refresh in the log alone: state has the paths that differ", async () => {
  await update(false);
  await bed.sql(`REVOKE SELECT ON public."${evil}" FROM wiki_ro`, "wiki");
  await configure();
  engineMessages.length = 0;
  const inputs = encodeProperties(withReader);
  const read = new messages.ReadRequest().setUrn(urn).setId("wiki");
  const found = await call(client, rpc.read, read.setInputs(inputs).setProperties(inputs));
  await expect.poll(() => engineMessages.join("\n")).toContain("Resources: 5 unchanged");
  expectFit(engineMessages);
  const { drift } = decodeProperties(found.getProperties());
  expect(drift).toEqual(["roles.ro.grants.table"]);
});

it("quotes the server's own errors like that", async () => {
  await bed.sql(
    `CREATE FUNCTION public.refuse() RETURNS event_trigger LANGUAGE plpgsql
       AS $$ BEGIN RAISE EXCEPTION '%', (SELECT relname FROM pg_class WHERE relname LIKE 'x%'); END $$;
     CREATE EVENT TRIGGER refuse ON ddl_command_start EXECUTE FUNCTION public.refuse()`,
    "wiki",
  );
  const failed = await update(false, withReader).then(
    () => "",
    (error: unknown) => (error as grpc.ServiceError).details,
  );
  expect(failed).toContain(String.raw`\u001b[2J`);
  expectFit([failed]);
});
