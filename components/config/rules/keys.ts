import { usesPlaceholder } from "../keys/template.ts";
import { type Keys, toTemplates } from "../schema/secret-keys.ts";
import type { StackConfig } from "../schema/stack.ts";
import type { StackSpec } from "../spec.ts";

/** Templates of keys that need a setting which the stack file lacks, each with its key path. */
export function findKeyProblems({ postgres }: StackSpec, config: StackConfig): string[] {
  if (postgres.service.sslrootcert !== undefined) return [];
  return listKeys(config).flatMap(({ at, keys }) =>
    Object.entries(toTemplates(keys ?? []))
      .filter(([, template]) => usesPlaceholder(template, "sslrootcert"))
      .map(
        ([name]) =>
          `${at}.${name}: \${sslrootcert} needs berth:postgres.service.sslrootcert, the path of the CA's file in the pods`,
      ),
  );
}

interface KeysAt {
  readonly at: string;
  readonly keys: Keys | undefined;
}

function listKeys({ apps, secrets }: StackConfig): readonly KeysAt[] {
  return [
    { at: "berth:secrets.keys", keys: secrets?.keys },
    ...Object.entries(apps).flatMap(([app, entry]) => [
      { at: `berth:apps.${app}.owner.keys`, keys: entry?.owner?.keys },
      ...Object.entries(entry?.roles ?? {}).map(([key, role]) => ({
        at: `berth:apps.${app}.roles.${key}.keys`,
        keys: role.keys,
      })),
    ]),
  ];
}
