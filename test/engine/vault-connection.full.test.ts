import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { sealVault } from "../../dev/vault/server.ts";
import { vaultUser } from "../../dev/vault/stack.ts";
import { filesWith } from "./bed.ts";
import { killQuietly } from "./cli-processes.ts";
import { formsOf } from "./secret-forms.ts";
import { buildingTime, VaultBed } from "./vault-bed.ts";

/** Vault's connection to an app's database on a real Vault, from the first `up` to the app's end. Steps of one story. */

const { role, item } = vaultUser;
const at = "postgres/config/recipes";
const app = { credentials: "vault", vault: { restart: [] } };
const passwords: string[] = [];
let bed: VaultBed;
/** Where Pulumi puts its log files, and what is said between it and its plugins. */
let logs: string;

const pulumi = (...args: readonly string[]) =>
  bed.bed.pulumi(args, {
    ...bed.env,
    TMPDIR: logs,
    PULUMI_DEBUG_GRPC: path.join(logs, "grpc.json"),
  });
const tryUp = () => pulumi("up", "--yes", "--skip-preview", "-v=9");
async function up(): Promise<string> {
  const { exitCode, output } = await tryUp();
  expect(exitCode, output).toBe(0);
  return output;
}

async function expectNoChanges(): Promise<void> {
  const { exitCode, output } = await pulumi("preview", "--expect-no-changes");
  expect(exitCode, output).toBe(0);
}

const found = async (name = at): Promise<Record<string, unknown> | undefined> => {
  const answer = await bed.ask({ path: name });
  return answer.status === 404 ? undefined : (answer.body["data"] as Record<string, unknown>);
};
const put = (name: string, body: object) => bed.read({ method: "POST", path: name, body });

/** Vault makes a login, which works, and drops it. */
async function expectLease(name = "recipes"): Promise<void> {
  const lease = await bed.lease(name);
  expect(await bed.sqlAs(lease, name, "select current_user::text as me")).toEqual([
    { me: `${name}_role` },
  ]);
  await bed.revoke(lease);
}

async function setItem(password: string): Promise<void> {
  passwords.push(password);
  await bed.bed.setField(item, "password", password);
}

async function changePassword(password: string): Promise<void> {
  await bed.bed.sql(`alter role ${role} password '${password.replaceAll("'", "''")}'`);
  await setItem(password);
  await up();
}

beforeAll(async () => {
  bed = await VaultBed.open();
  logs = mkdtempSync(path.join(tmpdir(), "berth-connection-"));
  passwords.push(bed.bed.login(item).password);
  bed.setApps({ recipes: app });
}, buildingTime);

afterAll(async () => {
  await bed.close();
  rmSync(logs, { recursive: true, force: true });
});

it("is made with the login of its item, and the next run changes nothing", async () => {
  const preview = await pulumi("preview");
  expect(preview.output).toContain(`GRANT "recipes_role" TO "${role}" WITH ADMIN TRUE`);
  expect(preview.output).toContain(`${at} is written in Vault, with the login of item`);
  expect(await found()).toBeUndefined();
  await up();
  expect(await found()).toMatchObject({
    allowed_roles: ["recipes"],
    connection_details: {
      username: role,
      berth: expect.stringMatching(/^stack [0-9a-f]{16}, app recipes$/) as unknown,
    },
  });
  await expectLease();
  await expectNoChanges();
});

it("is put right again, whoever changed it, which a refresh shows", async () => {
  await put(at, { allowed_roles: ["*"], verify_connection: false });
  const { output } = await pulumi("refresh", "--yes", "--diff");
  expect(output).toContain("allowed_roles");
  await up();
  expect(await found()).toMatchObject({ allowed_roles: ["recipes"] });
  await bed.ask({ method: "DELETE", path: at });
  await pulumi("refresh", "--yes");
  await up();
  await expectLease();
});

it("has the password of an item that changed, after the login has it", async () => {
  await changePassword("CanaryChanged'\\$$ %I of Vault");
  await expectLease();
  await expectNoChanges();
});

it("is left as it is by an item whose password is not the login's", async () => {
  await setItem("canary-of-a-password-that-nobody-has");
  expect(await up()).toContain("so Vault keeps the one that it has and that works");
  await expectLease();
  await setItem("CanaryChanged'\\$$ %I of Vault");
  await up();
  await expectNoChanges();
});

it("keeps the password that Vault has rotated, also when it changes", async () => {
  await bed.read({ method: "POST", path: "postgres/rotate-root/recipes" });
  await expectNoChanges();
  const undo = bed.configure((vault) => {
    vault.manage.database.host = "localhost";
  });
  await up();
  expect(JSON.stringify(await found())).toContain("@localhost:");
  await expectLease();
  undo();
  await up();
  await expectLease();
  await changePassword("canary-of-the-password-after-it");
  await expectLease();
});

it("is finished by the next run where one was killed", async () => {
  bed.setApps({ recipes: app, notes: app });
  const run = bed.bed.startUp(bed.env);
  await expect
    .poll(() => found("postgres/config/notes"), { timeout: 120_000, interval: 20 })
    .toBeDefined();
  killQuietly(-(run.pid ?? 0), "SIGKILL");
  await run;
  await pulumi("cancel", "--yes");
  await up();
  await pulumi("refresh", "--yes", "--clear-pending-creates");
  await expectLease("notes");
  await expectNoChanges();
}, 300_000);

it("is refused where somebody made one, until the app adopts it", async () => {
  const { port } = bed.bed.sandbox.superuser;
  const name = "postgres/config/theirs";
  await put(name, {
    plugin_name: "postgresql-database-plugin",
    connection_url: `postgresql://{{username}}:{{password}}@127.0.0.1:${String(port)}/postgres`,
    username: "theirs",
    password: "canary-of-their-connection",
    verify_connection: false,
  });
  const before = await found(name);
  bed.setApps({ recipes: app, notes: app, theirs: app });
  const refused = await tryUp();
  expect(refused.exitCode).not.toBe(0);
  expect(refused.output).toContain(`${name}, which this stack did not make`);
  expect(await found(name)).toEqual(before);
  bed.setApps({
    recipes: app,
    notes: app,
    theirs: { ...app, vault: { restart: [], adopt: true } },
  });
  await up();
  await expectLease("theirs");
});

it("waits for a Vault that is sealed, with what opens it", async () => {
  await sealVault(bed.vault);
  const sealed = await tryUp();
  expect(sealed.exitCode).not.toBe(0);
  expect(sealed.output).toContain("is sealed");
  expect(sealed.output).toContain("vault operator unseal");
  await bed.unseal();
  await up();
});

it("goes with its app once no login of Vault's is left, and the database stays", async () => {
  const lease = await bed.lease("notes");
  await bed.sqlAs(lease, "notes", "create table kept as select 7 as id");
  bed.setApps({ recipes: app });
  const refused = await tryUp();
  expect(refused.exitCode).not.toBe(0);
  expect(refused.output).toContain("vault lease revoke -prefix postgres/creds/notes");
  expect(await found("postgres/config/notes")).toBeDefined();
  await bed.revoke(lease);
  await up();
  expect(await found("postgres/config/notes")).toBeUndefined();
  expect(await found()).toBeDefined();
  const [member] = await bed.bed.sql<{ is: boolean }>(
    `select pg_has_role('${role}', 'notes_role', 'member') as is`,
  );
  expect(member).toEqual({ is: false });
  expect(await bed.bed.sql("select id from kept", "notes")).toEqual([{ id: 7 }]);
  await expectNoChanges();
});

it("shows its secrets nowhere: state, logs, traffic with plugins, what was printed, Postgres' log", async () => {
  await pulumi("stack", "export", "--show-secrets");
  const { home, postgresLog } = bed.bed.sandbox;
  const secrets = formsOf([...passwords, bed.vault.rootToken]);
  expect(await filesWith(path.join(home, "state"), secrets)).toEqual([]);
  expect(await filesWith(bed.bed.gitops, secrets)).toEqual([]);
  expect(readFileSync(path.join(logs, "grpc.json"), "utf8")).toContain(at);
  expect(await filesWith(logs, secrets)).toEqual([]);
  expect(secrets.filter((secret) => bed.bed.outputs.join("\n").includes(secret))).toEqual([]);
  const log = readFileSync(postgresLog, "utf8").replaceAll(/^.*statement: alter role .*$/gm, "");
  expect(secrets.filter((secret) => log.includes(secret))).toEqual([]);
});
