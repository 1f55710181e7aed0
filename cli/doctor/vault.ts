import { readFileSync } from "node:fs";
import path from "node:path";
import { databaseCredentials } from "../../components/config/derive/names.ts";
import { isOffline, readVaultEnvironment } from "../../components/config/environment.ts";
import type { VaultSpec } from "../../components/config/spec/secrets.ts";
import type { StackSpec } from "../../components/config/spec.ts";
import { BerthError } from "../../components/errors.ts";
import { projectFolder } from "../../components/project-folder.ts";
import {
  isWayStated,
  readVaultAccess,
  readVaultWay,
  toVaultPlace,
} from "../../components/vault/http/access.ts";
import { createVaultClient, type VaultClient } from "../../components/vault/http/client.ts";
import { findMount, type VaultObjectKind } from "../../components/vault/objects.ts";
import { planVault } from "../../components/vault/plan.ts";
import { countOf } from "../print.ts";
import { NotNeeded, type Outcome, type Report, warn } from "./report.ts";
import { decideObjects, inspectObjects, type NeededObject, whenDenied } from "./vault-objects.ts";
import { checkValues } from "./vault-values.ts";
import type { World } from "./world.ts";

/** Checks of Vault, if the stack uses one: whether it answers and is open, and what is inside it. They only read. */

const group = "Vault";

const inside: readonly (readonly [name: string, kinds: readonly VaultObjectKind[]])[] = [
  ["mounts", ["mount", "transit-key"]],
  ["auth methods", ["auth", "auth-config", "jwt-config"]],
  ["policies", ["policy", "group"]],
  ["connections", ["connection"]],
  ["roles", ["auth-role", "jwt-role", "database-role"]],
];

/** What is not looked at without a token, or at all. */
const leftOut =
  "mounts, auth methods, policies, connections, roles, values and leases were not looked at";

export async function checkVault(
  report: Report,
  world: World,
  spec: Outcome<StackSpec>,
): Promise<void> {
  const vault = "value" in spec ? spec.value.secrets.vault : undefined;
  if (!("value" in spec) || vault === undefined) return;
  const status = await checkReachable(report, world, vault);
  const open = await checkSealed(report, status);
  const client = await checkToken(report, world, vault, open);
  const needed = listNeeded(spec.value, vault);
  for (const [name, kinds] of inside) {
    const some = needed.filter(({ object }) => kinds.includes(object.kind));
    if (some.length === 0) continue;
    const about = { group, name, fix: "vault status, with the same variables, shows more" };
    await report.check(about, [client], async (opened) =>
      decideObjects(spec.value, some, await inspectObjects(opened, some), readText),
    );
  }
  await checkValues(report, group, spec.value, client);
  await checkLeases(report, spec.value, client);
}

/** A file that the stack file names: a CA. */
function readText(file: string): string {
  try {
    return readFileSync(path.resolve(projectFolder, file), "utf8");
  } catch (error) {
    throw new BerthError(`${file} cannot be read: ${(error as Error).message}`, {
      hint: `correct its path in the stack file, ${file}`,
    });
  }
}

/** What `sys/seal-status` answers, which needs no token. */
interface SealStatus {
  readonly initialized?: boolean;
  readonly sealed?: boolean;
  readonly version?: string;
  /** Keys that open it, and how many of them were given. */
  readonly t?: number;
  readonly progress?: number;
}

/** The value is undefined if Vault does not answer at the address that only the cluster must reach. */
async function checkReachable(
  report: Report,
  world: World,
  vault: VaultSpec,
): Promise<Outcome<SealStatus | undefined>> {
  const fix = "export VAULT_ADDR, the URL of Vault as this machine reaches it";
  return await report.check({ group, name: "reachable", fix }, [], async () => {
    if (isOffline(world.env)) throw new NotNeeded(`BERTH_OFFLINE is true: ${leftOut}`);
    const place = toVaultPlace(vault);
    const env = readVaultEnvironment(world.env);
    try {
      const way = readVaultWay(place, env);
      const status = await createVaultClient({ ...way, token: "" }).read("sys/seal-status");
      const { version = "" } = (status ?? {}) as SealStatus;
      return { value: status ?? {}, detail: `${way.address}, Vault ${version}` };
    } catch (error) {
      if (isWayStated(vault, env) || !(error instanceof BerthError)) throw error;
      return { ...warn(`${error.what}; ${leftOut}`, fix), value: undefined };
    }
  });
}

async function checkSealed(
  report: Report,
  status: Outcome<SealStatus | undefined>,
): Promise<Outcome<undefined>> {
  const fix = "vault operator unseal";
  return await report.check({ group, name: "sealed", fix }, [status], (found) => {
    if (found === undefined) throw new NotNeeded("Vault was not reached");
    const { initialized = true, sealed = false, t: threshold = 0, progress = 0 } = found;
    if (!initialized) {
      throw new BerthError("Vault is new: it has no keys yet", { hint: "vault operator init" });
    }
    if (!sealed) return { detail: "no" };
    throw new BerthError(
      `Vault is sealed: it gives no secret and no login; ${String(progress)} of the ${String(threshold)} key shares that open it were given`,
      {
        hint: `vault operator unseal, ${countOf(threshold - progress, "time")}; who set Vault up has the shares`,
      },
    );
  });
}

async function checkToken(
  report: Report,
  world: World,
  vault: VaultSpec,
  open: Outcome<undefined>,
): Promise<Outcome<VaultClient>> {
  const fix = "vault login, then export VAULT_TOKEN=$(vault print token)";
  return await report.check({ group, name: "token", fix }, [open], async () => {
    const env = readVaultEnvironment(world.env);
    if (env.token === undefined) throw new NotNeeded(`VAULT_TOKEN is not set: ${leftOut}`);
    const client = createVaultClient(readVaultAccess(toVaultPlace(vault), env));
    const { policies } = (await client.read("auth/token/lookup-self")) ?? {};
    const names = Array.isArray(policies) ? policies.join(", ") : "";
    return {
      value: client,
      detail: names === "" ? "valid, without policies" : `valid, with the policies ${names}`,
    };
  });
}

/** What the plan has, and the mounts of others that it uses. */
function listNeeded(spec: StackSpec, vault: VaultSpec): readonly NeededObject[] {
  const { existing } = vault.inside;
  const whole = { ...vault, inside: { ...vault.inside, existing: [] } };
  const all = planVault({ ...spec, secrets: { ...spec.secrets, vault: whole } });
  const own = new Set(planVault(spec).map(({ path }) => path));
  return all.flatMap((object): readonly NeededObject[] => {
    if (own.has(object.path)) return [{ object, isOthers: false }];
    // Its config is a matter of those who made it.
    return existing.some((mount) => mount === findMount(object))
      ? [{ object, isOthers: true }]
      : [];
  });
}

/** Logins of Vault that last, by the role that makes them. */
async function checkLeases(
  report: Report,
  { apps }: StackSpec,
  client: Outcome<VaultClient>,
): Promise<void> {
  const roles = apps.flatMap(({ name, vault }) =>
    vault?.login === undefined ? [] : [{ name, ...vault.login }],
  );
  if (roles.length === 0) return;
  const fix = "vault list sys/leases/lookup/…, with the same variables, shows more";
  await report.check({ group, name: "leases", fix }, [client], async (vault) => {
    const counts: string[] = [];
    for (const { name, mount, role } of roles) {
      const path = `sys/leases/lookup/${mount}/${databaseCredentials(role)}`;
      const leases = await vault.list(path).catch(whenDenied);
      if (leases === "denied") {
        throw new NotNeeded(`the token may not list ${path}, which needs the capability sudo`);
      }
      counts.push(`${name} ${String(leases.length)}`);
    }
    return { detail: counts.join(", ") };
  });
}
