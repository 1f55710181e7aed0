import { commandLine } from "../../components/command-line.ts";
import type { VaultSecretSpec } from "../../components/config/spec/vault.ts";
import type { StackSpec } from "../../components/config/spec.ts";
import type { VaultClient } from "../../components/vault/http/client.ts";
import { inspectKv, type KvSecret } from "../../components/vault/http/kv.ts";
import type { Outcome, Report } from "./report.ts";
import { whenDenied } from "./vault-objects.ts";

type Taken = VaultSecretSpec & { readonly app: string };

/** Checks the keys that the apps' Secrets bring from KV engines. No value is read. */
export async function checkValues(
  report: Report,
  group: string,
  { apps, stack }: StackSpec,
  client: Outcome<VaultClient>,
): Promise<void> {
  const secrets: readonly Taken[] = apps.flatMap(({ name: app, vault }) =>
    (vault?.secrets ?? []).map((secret) => ({ ...secret, app })),
  );
  if (secrets.length === 0) return;
  const fix = "vault kv get, with the same variables, shows more";
  await report.check({ group, name: "values", fix }, [client], async (vault) => {
    const warnings: { detail: string; fix: string }[] = [];
    for (const secret of secrets) {
      const found = await inspectKv(vault, secret).catch(whenDenied);
      warnings.push(
        ...(found === "denied" ? [warnOfDenied(secret)] : findMissing(secret, found, stack)),
      );
    }
    const paths = secrets.map(({ mount, path }) => `${mount}/${path}`);
    return { detail: [...new Set(paths)].join(", "), warnings };
  });
}

function warnOfDenied({ mount, path }: Taken) {
  return {
    detail: `the token may not read which keys ${mount}/${path} has`,
    fix: `add to a policy of the token: path "${mount}/subkeys/${path}" { capabilities = ["read"] }`,
  };
}

/** What the app's Secret would not have. Without `fields` it brings all keys. */
function findMissing(
  { app, mount, path, fields, generate }: Taken,
  found: KvSecret | undefined,
  stack: string,
) {
  const wanted = [...new Set([...fields, ...Object.keys(generate)])];
  const missing = wanted.filter((key) => found?.keys.includes(key) !== true);
  if (found !== undefined && missing.length === 0) return [];
  const own = missing.find((key) => !(key in generate));
  const isMadeByAdd = missing.length > 0 && own === undefined;
  const verb = found === undefined ? "put" : "patch";
  return [
    {
      detail:
        found === undefined
          ? `${mount}/${path} is not there`
          : `${mount}/${path} has no ${missing.join(", ")}`,
      fix: isMadeByAdd
        ? commandLine("add", `${app} --stack ${stack}`)
        : `vault kv ${verb} -mount=${mount} ${path} ${own ?? "KEY"}=-, which reads the value from its standard input`,
    },
  ];
}
