import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { expect, test } from "vitest";
import { stringify } from "yaml";
import { rotate } from "../../../cli/rotate/verb.ts";
import { writeStack } from "../../fakes/stack.ts";

test("a login that Vault makes has no item, and is not rotated", async () => {
  const folder = mkdtempSync(path.join(tmpdir(), "berth-rotate-"));
  const file = path.join(folder, "Pulumi.prod.yaml");
  const apps = { wiki: { credentials: "vault", vault: { restart: [], databaseRole: "w" } } };
  const secrets = { vault: { connection: "tools/default" } };
  const config = Object.entries({ ...writeStack(apps), secrets }).map(
    ([key, value]) => [`berth:${key}`, value] as const,
  );
  writeFileSync(file, stringify({ config: Object.fromEntries(config) }));
  const args = {
    stack: "prod",
    file,
    app: "wiki",
    role: undefined,
    wait: 0,
    retire: false,
    keys: false,
    json: false,
  };
  await expect(rotate(args)).rejects.toThrow(
    'app wiki: Vault makes the logins of "wiki_role" and changes them\n  fix: to end those that there are: vault lease revoke -prefix postgres/creds/w',
  );
  rmSync(folder, { recursive: true });
});
