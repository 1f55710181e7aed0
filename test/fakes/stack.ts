import { parseStack } from "../../components/config/parse.ts";
import type { AppSpec, StackSpec } from "../../components/config/spec.ts";
import { BerthError } from "../../components/errors.ts";

/** Part of a stack file as YAML would give it. */
export type Written = Readonly<Record<string, unknown>>;

/** The least that a stack file must say, and the apps of a test. */
export function writeStack(apps: unknown, postgres: Written = {}): Written {
  return {
    postgres: {
      endpoint: { kubernetes: { namespace: "db-postgres", service: "postgres-postgresql" } },
      reserved: ["paperless"],
      ...postgres,
    },
    onepassword: { vault: "Coachlight" },
    apps,
  };
}

/** The same, parsed. */
export function makeSpec(
  apps: unknown,
  postgres: Written = {},
  stack = "prod",
  more: Written = {},
): StackSpec {
  return parseStack(stack, { ...writeStack(apps, postgres), ...more });
}

/** The only app of a stack. */
export function makeApp(entry: unknown, name = "netbox"): AppSpec {
  const [app] = makeSpec({ [name]: entry }).apps;
  if (app === undefined) throw new Error("the stack has no app");
  return app;
}

/** Every problem that a stack file is refused for, without the fix of all; none = it is accepted. */
export function findProblems(raw: unknown, stack = "prod"): readonly string[] {
  try {
    parseStack(stack, raw);
    return [];
  } catch (error) {
    if (!(error instanceof BerthError)) throw error;
    return error.message
      .split("\n")
      .slice(1)
      .filter((line) => !line.startsWith("  fix: "))
      .map((line) => line.replace(/^ {2}- /, ""));
  }
}

/** Problems of the entry of app netbox, with … for its own key path. */
export function findEntryProblems(entry: unknown): readonly string[] {
  return findProblems(writeStack({ netbox: entry })).map((problem) =>
    problem.replace("berth:apps.netbox", "…"),
  );
}
