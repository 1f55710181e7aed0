import { appOfResource } from "../../components/postgres/plan/plan.ts";
import type { Risk } from "../../components/postgres/statements/risks.ts";
import { parseUrn } from "../../components/urn.ts";
import type { Step } from "./digest.ts";
import type { AppPreview, FoundRisk } from "./model.ts";

type OwnedStep = Step & { readonly app: string | undefined };

/** Resources of `@pulumi/postgresql` that give access. */
const granting: ReadonlySet<string> = new Set([
  "postgresql:index/grant:Grant",
  "postgresql:index/grantRole:GrantRole",
  "postgresql:index/defaultPrivileges:DefaultPrivileges",
]);

/** Everything in a preview that somebody should look at: drops, new owners, wider access. */
export function findRisks(
  apps: readonly AppPreview[],
  steps: readonly OwnedStep[],
): readonly FoundRisk[] {
  const isNew = (app: string | undefined): boolean =>
    apps.some((one) => one.app === app && one.change === "new");
  const ofStatements = apps.flatMap(({ app, statements }) =>
    statements.flatMap(({ risk, words }) =>
      risk === undefined ? [] : [{ risk, app, what: words }],
    ),
  );
  const ofNotes = apps.flatMap(({ app, notes }) =>
    notes
      .filter((note) => note.startsWith("adopting: "))
      .map((note) => ({ risk: "reown" as const, app, what: note })),
  );
  const deleted = new Set(
    steps.filter(({ op }) => op === "delete").map(({ urn }) => parseUrn(urn).name),
  );
  const ofSteps = steps.flatMap((step): FoundRisk[] => {
    const { app } = step;
    // A further database is dropped only with its app.
    const isKept = !deleted.has(appOfResource(parseUrn(step.urn).name));
    return findStepRisk(step, { isNew: isNew(app), isKept }).map(({ risk, what }) => ({
      risk,
      app,
      what,
    }));
  });
  return [...ofStatements, ...ofNotes, ...ofSteps];
}

function findStepRisk(
  { op, urn, oldState, diffReasons }: OwnedStep,
  { isNew, isKept }: { readonly isNew: boolean; readonly isKept: boolean },
): readonly { readonly risk: Risk; readonly what: string }[] {
  const { type, name } = parseUrn(urn);
  const isDrop = op.startsWith("delete") || op === "replace";
  if (type === "berth:postgres:AppDatabase") {
    if (op !== "delete" || isKept || oldState?.inputs["reclaimPolicy"] !== "delete") return [];
    const isFurther = appOfResource(name) !== name;
    const what = isFurther
      ? `database ${name} is dropped`
      : `database and roles of ${name} are dropped`;
    return [{ risk: "drop", what }];
  }
  const what = `${type.split(":").at(-1) ?? type} ${name}`;
  if (granting.has(type)) {
    return isNew || isDrop ? [] : [{ risk: "access", what: `${what} is new or changes` }];
  }
  if (!type.startsWith("postgresql:")) return [];
  if (isDrop && oldState?.retainOnDelete !== true) {
    return [{ risk: "drop", what: `${what} is dropped` }];
  }
  const isReowned = op === "update" && diffReasons?.includes("owner") === true;
  return isReowned ? [{ risk: "reown", what: `${what} gets another owner` }] : [];
}
