import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { execa } from "execa";
import type { DatabasePlan } from "../../components/postgres/plan/plan.ts";
import { password, type Say } from "./apps.ts";
import { type BenchServer, withServer } from "./server.ts";
import { timed } from "./timing.ts";

/** OpenTofu, or else Terraform, with the registry's provider. Only where one of them is on PATH. */
export interface TofuFigures {
  readonly tofu_s?: number;
  /** Why there is no figure. */
  readonly tofu_missing?: string;
}

/** The provider that `@pulumi/postgresql` is made from, in the same version. */
const provider = { source: "cyrilgdn/postgresql", version: "1.27.0" };

export async function measureTofu(
  plans: readonly DatabasePlan[],
  ownershipRole: string,
  say: Say,
): Promise<TofuFigures> {
  const program = await findProgram();
  if (program === undefined) return { tofu_missing: "neither tofu nor terraform is on PATH" };
  const folder = mkdtempSync(path.join(tmpdir(), "berth-tofu-"));
  try {
    return await withServer(async (server) => {
      const file = path.join(folder, "main.tf.json");
      writeFileSync(file, JSON.stringify(toConfiguration(plans, ownershipRole, server)));
      const run = (...args: readonly string[]) =>
        execa(program, [...args, "-input=false", "-no-color"], { cwd: folder });
      await run("init");
      const tofu_s = await timed(() => run("apply", "-auto-approve"));
      say(`${program} apply: ${tofu_s.toFixed(1)} s`);
      return { tofu_s };
    });
  } catch (error) {
    const tofu_missing = `${program} failed: ${findReason(error)}`;
    say(tofu_missing);
    return { tofu_missing };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** The line that says what is wrong, of the many that OpenTofu and Terraform print. */
export function findReason(error: unknown): string {
  const { stderr = "", message } = error as Error & { readonly stderr?: string };
  const lines = stderr.split("\n").map((line) => line.replace(/^[\s\u2500-\u257f]+/, "").trim());
  return lines.find((line) => line.startsWith("Error: ")) ?? message.split("\n")[0] ?? "";
}

async function findProgram(): Promise<string | undefined> {
  for (const name of ["tofu", "terraform"]) {
    const { exitCode } = await execa(name, ["version"], { reject: false });
    if (exitCode === 0) return name;
  }
  return undefined;
}

/** Roles, databases and grants of the plans, as JSON that OpenTofu and Terraform read. */
function toConfiguration(
  plans: readonly DatabasePlan[],
  ownershipRole: string,
  { superuser }: Pick<BenchServer, "superuser">,
): object {
  const role: Record<string, object> = { ownership: { name: ownershipRole, login: false } };
  const database: Record<string, object> = {};
  const grant: Record<string, object> = {};
  const defaults: Record<string, object> = {};
  for (const plan of plans) {
    const { name, owner, encoding } = plan.database;
    const toRole = (wanted: string): string => `\${postgresql_role.${wanted}.name}`;
    const of = { database: `\${postgresql_database.${name}.name}` };
    for (const one of plan.roles) {
      const roles = [toRole("ownership")];
      role[one.name] = { name: one.name, login: true, password, roles };
    }
    database[name] = { name, owner: toRole(owner), template: "template0", encoding };
    for (const [at, { grantee, on, privileges }] of plan.grants.entries()) {
      grant[`${name}_${String(at)}`] = {
        ...of,
        role: grantee === "public" ? "public" : toRole(grantee),
        object_type: on.type,
        ...(on.type === "database" ? {} : { schema: on.schema }),
        privileges,
      };
    }
    for (const [at, one] of plan.defaultPrivileges.entries()) {
      defaults[`${name}_${String(at)}`] = {
        ...of,
        owner: toRole(one.owner),
        role: toRole(one.grantee),
        object_type: one.type,
        ...(one.schema === null ? {} : { schema: one.schema }),
        privileges: one.privileges,
      };
    }
  }
  const { host, port } = superuser;
  const login = { host, port, username: "postgres", password: superuser.password };
  return {
    terraform: { required_providers: { postgresql: provider } },
    provider: { postgresql: { ...login, sslmode: "disable", max_connections: 0 } },
    resource: {
      postgresql_role: role,
      postgresql_database: database,
      postgresql_grant: grant,
      postgresql_default_privileges: defaults,
    },
  };
}
