import { type Problem, problemAt } from "../../errors.ts";
import { unknownPlaceholder } from "../keys/placeholders.ts";
import { databasesIn, usesPlaceholder } from "../keys/template.ts";
import { type Keys, toTemplates } from "../schema/secret-keys.ts";
import type { StackConfig } from "../schema/stack.ts";
import type { StackSpec } from "../spec.ts";

/** Templates of keys that need what the stack file lacks, each with its key path. */
export function findKeyProblems({ postgres, apps }: StackSpec, config: StackConfig): Problem[] {
  return [
    ...(postgres.service.sslrootcert === undefined ? findUnknownCa(config) : []),
    ...findUnknownDatabases(apps, config),
  ];
}

/** An app's keys may name its own databases. Those of the stack are for every app. */
function findUnknownDatabases(apps: StackSpec["apps"], config: StackConfig): Problem[] {
  const namesOf = new Map(apps.map(({ name, database }) => [name, database.names]));
  return listKeys(config).flatMap(({ at, app, keys }) => {
    const names: readonly string[] = namesOf.get(app ?? "") ?? [];
    return Object.entries(toTemplates(keys ?? [])).flatMap(([key, template]) =>
      databasesIn(template)
        .filter((name) => !names.includes(name))
        .map((name) => {
          const allowed = ["database", ...names.map((one) => `database.${one}`)];
          return problemAt(`${at}.${key}`, unknownPlaceholder(`database.${name}`, allowed));
        }),
    );
  });
}

function findUnknownCa(config: StackConfig): Problem[] {
  return listKeys(config).flatMap(({ at, keys }) =>
    Object.entries(toTemplates(keys ?? []))
      .filter(([, template]) => usesPlaceholder(template, "sslrootcert"))
      .map(([name]) =>
        problemAt(
          `${at}.${name}`,
          `\${sslrootcert} needs berth:postgres.service.sslrootcert, the path of the CA's file in the pods`,
        ),
      ),
  );
}

interface KeysAt {
  readonly at: string;
  /** undefined = every app. */
  readonly app?: string;
  readonly keys: Keys | undefined;
}

function listKeys({ apps, secrets }: StackConfig): readonly KeysAt[] {
  return [
    { at: "berth:secrets.keys", keys: secrets?.keys },
    ...Object.entries(apps).flatMap(([app, entry]) => [
      { app, at: `berth:apps.${app}.owner.keys`, keys: entry?.owner?.keys },
      ...Object.entries(entry?.roles ?? {}).map(([key, role]) => ({
        app,
        at: `berth:apps.${app}.roles.${key}.keys`,
        keys: role.keys,
      })),
    ]),
  ];
}
