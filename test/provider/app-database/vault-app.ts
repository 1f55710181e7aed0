import { parseStack } from "../../../components/config/parse.ts";
import type { AppSpec } from "../../../components/config/spec.ts";
import { toState } from "../../../components/postgres/plan/app-state.ts";
import { planDatabase } from "../../../components/postgres/plan/plan.ts";
import { type PropertyMap, toPropertyMap } from "../../../provider/rpc/property-values.ts";
import { writeStack } from "../../fakes/stack.ts";
import { ownershipRole } from "./bed.ts";

/** An app whose owner has no login, because Vault makes its logins. */
export function toVaultApp(name: string, owner: object = {}): AppSpec {
  const apps = { [name]: { credentials: "vault", owner, vault: { restart: [] } } };
  const secrets = { vault: { connection: "tools/default" } };
  const [app] = parseStack("prod", { ...writeStack(apps), secrets }).apps;
  if (app === undefined) throw new Error("the stack has no app");
  return app;
}

/** Inputs of its AppDatabase. */
export function toVaultInputs(app: AppSpec): PropertyMap {
  const plan = planDatabase(app, { ownershipRole } as never);
  return { ...toPropertyMap(toState(plan, ownershipRole, app.reclaimPolicy)), verifiers: {} };
}
