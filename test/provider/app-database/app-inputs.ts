import type { AppSpec } from "../../../components/config/spec.ts";
import type { AppDatabaseState } from "../../../components/postgres/plan/app-properties.ts";
import { toState } from "../../../components/postgres/plan/app-state.ts";
import { hasNoPassword, isFurther, planDatabase } from "../../../components/postgres/plan/plan.ts";
import { makeVerifier } from "../../../components/postgres/verifier.ts";
import {
  type PropertyMap,
  SecretValue,
  toPropertyMap,
} from "../../../provider/rpc/property-values.ts";
import { makeApp } from "../../fakes/stack.ts";

export const ownershipRole = "berth_prod";

/** Password of every app's role here. */
export const rolePassword = (role: string): string => `password-of-${role}-0123456789`;

/** Inputs of an app, from an entry as in the stack file. */
export function inputsOf(
  name: string,
  entry: Record<string, unknown> = {},
  edit: (state: AppDatabaseState) => AppDatabaseState = (state) => state,
): PropertyMap {
  return inputsOfApp(makeApp(entry, name), edit);
}

/** Inputs of an app as a whole stack file makes it. */
export function inputsOfApp(
  app: AppSpec,
  edit: (state: AppDatabaseState) => AppDatabaseState = (state) => state,
): PropertyMap {
  const plan = planDatabase(app, { ownershipRole } as never);
  const state = edit(toState(plan, ownershipRole, app.reclaimPolicy));
  const verifiers = Object.fromEntries(
    Object.entries(state.roles)
      .filter(([, role]) => !hasNoPassword(role) && !isFurther(plan))
      .map(([key, role]) => [
        key,
        new SecretValue(
          makeVerifier(
            rolePassword(role.name),
            role.name,
            app.roles.find((spec) => spec.key === key)?.scram,
          ),
        ),
      ]),
  );
  return { ...toPropertyMap(state), verifiers };
}

/** How a role of an app logs in. */
export function loginOf(
  { superuser }: { readonly superuser: { readonly host: string; readonly port: number } },
  role: string,
  database: string,
) {
  const { host, port } = superuser;
  return { host, port, database, user: role, password: rolePassword(role) };
}

export function toUrn(name: string): string {
  return `urn:pulumi:prod::berth::berth:postgres:AppDatabase::${name}`;
}
