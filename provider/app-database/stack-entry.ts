import { prefix, refuseSecretKeys } from "../../components/config/load.ts";
import { parseStack } from "../../components/config/parse.ts";
import type { StackSpec } from "../../components/config/spec.ts";
import { BerthError } from "../../components/errors.ts";
import { readAdminItem } from "../../components/onepassword/admin.ts";
import { type AppDatabaseState, toState } from "../../components/postgres/plan/app-state.ts";
import { planDatabase } from "../../components/postgres/plan/plan.ts";
import type { PostgresConfig } from "../../components/postgres/server/config.ts";
import { projectFolder } from "../../components/project-folder.ts";
import { hasSecret, type PropertyMap, toPlain } from "../rpc/property-values.ts";

/**
 * What `pulumi import` needs to know and no id can tell. The project and the package share the name
 * `berth`, so the engine gives the stack file's own keys to the default provider that it imports with.
 */
export interface StackEntry {
  readonly state: AppDatabaseState;
  readonly config: PostgresConfig;
}

/** The entry of the app that a resource is to stand for, and the way to its server. */
export async function readStackEntry(
  config: PropertyMap,
  resource: { readonly id: string; readonly urn: string },
): Promise<StackEntry> {
  const stack = toStackName(resource.urn);
  const secret = Object.keys(config).filter((key) => hasSecret(config[key] ?? null));
  refuseSecretKeys(
    stack,
    projectFolder,
    secret.map((key) => `${prefix}${key}`),
  );
  const spec = parseStack(stack, toStackValues(config));
  const state = findEntry(spec, resource);
  const { vault, item } = spec.postgres.admin;
  const admin = await readAdminItem(spec.postgres.admin);
  const { username } = admin;
  const login = { username, admin: () => Promise.resolve(admin), adminItem: `${vault}/${item}` };
  return { state, config: { ...spec.postgres, ...login } };
}

/** Refuses what the next `up` would not take for the app's own. */
function findEntry(
  spec: StackSpec,
  { id, urn }: { readonly id: string; readonly urn: string },
): AppDatabaseState {
  const name = urn.split("::").at(-1) ?? "";
  const app = spec.apps.find((one) => one.name === name);
  if (app === undefined) {
    const names = spec.apps.map((one) => one.name).join(", ");
    throw new BerthError(`${id}: the stack file has no app "${name}"; its apps are ${names}`, {
      // The default provider, configuration and all, stays in state from an import to the next up.
      hint: `add the app under berth:apps, then: ${importCommand(name, id)}. If it is there, run pulumi up first: Pulumi still has the stack file of an earlier import`,
    });
  }
  const database = app.database.name;
  if (database !== id) {
    throw new BerthError(`app ${name}: its database is "${database}", not "${id}"`, {
      hint: `${importCommand(name, database)}, or set berth:apps.${name}.database.name to ${id}`,
    });
  }
  if (app.provisioner !== "berth") {
    const other = app.provisioner === "postgresql" ? "; or run pulumi up, which imports them" : "";
    throw new BerthError(
      `app ${name}: its provisioner is ${app.provisioner}, which has other resources`,
      { hint: `take out "provisioner: ${app.provisioner}"${other}` },
    );
  }
  return toState(planDatabase(app, spec.postgres), spec.postgres.ownershipRole, app.reclaimPolicy);
}

/** What imports an app's database: the app's name and the database's. */
export function importCommand(app: string, database: string): string {
  return `pulumi import berth:postgres:AppDatabase ${app} ${database}`;
}

/** `urn:pulumi:prod::berth::…` → `prod`. */
function toStackName(urn: string): string {
  return urn.split("::")[0]?.split(":").at(-1) ?? "";
}

/** The engine hands over structured values as JSON text. */
function toStackValues(config: PropertyMap): Record<string, unknown> {
  const values = toPlain(config) as Record<string, unknown>;
  return Object.fromEntries(
    Object.entries(values)
      .filter(([key]) => key !== "version")
      .map(([key, value]) => [
        key,
        typeof value === "string" ? (JSON.parse(value) as unknown) : value,
      ]),
  );
}
