import { readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { parse, stringify } from "yaml";
import { toItemInput } from "../../dev/connect/add-login.ts";
import { createItem } from "../../dev/connect/item-edits.ts";
import { makeVault, type VaultRecord } from "../../dev/connect/vault-data.ts";
import type { MeasuredStacks } from "../../dev/documents/measured.ts";
import { ensureAdmin, type RoleLogin } from "../../dev/postgres/neighbour.ts";
import { ensureStack, pulumiDefaults, runPulumi } from "../../dev/pulumi/cli.ts";
import type { Sandbox } from "../../dev/sandbox.ts";
import { Bed, type Config } from "../engine/bed.ts";
import { password, type Say } from "./apps.ts";
import { entry } from "./entry.ts";
import { serverSettings } from "./server.ts";
import { timed } from "./timing.ts";

export type StackFigures = Omit<MeasuredStacks, "on" | "with">;

interface Stack {
  readonly name: string;
  readonly apps: readonly string[];
  readonly admin: RoleLogin;
  readonly vault: VaultRecord;
}

export async function measureStacks(count: number, apps: number, say: Say): Promise<StackFigures> {
  const stacks = Array.from({ length: count }, (_, at) => makeStack(`s${String(at + 1)}`, apps));
  const vaults = stacks.map(({ vault }) => vault);
  const bed = await Bed.open({ settings: serverSettings, vaults });
  try {
    return { apps, ...(await measureAll(bed, stacks, say)) };
  } finally {
    await bed.close();
  }
}

async function measureAll(bed: Bed, stacks: readonly Stack[], say: Say) {
  await bed.ensurePlugins();
  const opened: (Sandbox & { readonly up_s: number })[] = [];
  for (const stack of stacks) {
    const sandbox = await openStack(bed, stack);
    const up_s = await timed(() => run(bed, sandbox, "up", "--yes", "--skip-preview"));
    say(`${stack.name}: up ${up_s.toFixed(1)} s`);
    opened.push({ ...sandbox, up_s });
    await bed.sql("checkpoint");
  }
  const found: StackFigures["stacks"][number][] = [];
  const preview = (sandbox: Sandbox) => run(bed, sandbox, "preview", "--expect-no-changes");
  for (const sandbox of opened) {
    const noop_s = await timed(() => preview(sandbox));
    const refresh_s = await timed(() => run(bed, sandbox, "refresh", "--yes", "--skip-preview"));
    say(`${sandbox.stack}: preview ${noop_s.toFixed(1)} s, refresh ${refresh_s.toFixed(1)} s`);
    found.push({ up_s: sandbox.up_s, noop_s, refresh_s });
  }
  const together_s = await timed(() => Promise.all(opened.map(preview)));
  say(`previews of all at the same time: ${together_s.toFixed(1)} s`);
  return { stacks: found, together_s };
}

function makeStack(name: string, count: number): Stack {
  const apps = Array.from({ length: count }, (_, at) => `${name}bench${String(at + 1)}`);
  const admin = { name: `${name}_admin`, password };
  const vault = makeVault(name, "of the bench");
  const logins = [
    { title: "postgres-admin", username: admin.name, password },
    ...apps.flatMap((app) => [
      { title: `${app}-db-credentials`, username: app, password },
      { title: `${app}-rw-db-credentials`, username: `${app}_rw`, password },
    ]),
  ];
  const items = logins.map((login) => createItem(toItemInput(login), vault.id));
  return { name, apps, admin, vault: { ...vault, items } };
}

/** Makes the stack's admin, and its file from that of the bed. */
async function openStack(bed: Bed, { name, apps, admin }: Stack): Promise<Sandbox> {
  await ensureAdmin(bed.sandbox.superuser, admin);
  const { config } = parse(readFileSync(bed.sandbox.stackFile, "utf8")) as { config: Config };
  delete config["berth:gitops"];
  config["berth:onepassword"] = { vault: name };
  config["berth:postgres"]["compareInside"] = true;
  config["berth:apps"] = Object.fromEntries(apps.map((app) => [app, entry]));
  const stackFile = path.join(bed.sandbox.home, `Pulumi.${name}.yaml`);
  writeFileSync(stackFile, stringify({ config }, { aliasDuplicateObjects: false }));
  const sandbox = { ...bed.sandbox, stack: name, stackFile };
  await ensureStack(bed.toolchain, sandbox);
  return sandbox;
}

async function run(bed: Bed, sandbox: Sandbox, ...args: readonly string[]): Promise<void> {
  const options = { output: "keep", env: pulumiDefaults({}) } as const;
  const all = [...args, "--non-interactive", "--suppress-progress"];
  const { exitCode, output } = await runPulumi(bed.toolchain, sandbox, all, options);
  if (exitCode !== 0) throw new Error(`pulumi failed:\n${output}`);
}
