import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { execa, execaSync } from "execa";
import { afterAll, beforeAll, expect, test } from "vitest";
import { toKeyName } from "../../components/config/keys/name.ts";
import { loginKeys } from "../../components/config/keys/render.ts";
import { projectFolder } from "../../components/project-folder.ts";
import { buildExternalSecret } from "../../components/secrets/external-secret.ts";
import { buildVaultDestination } from "../../components/secrets/vault-destination.ts";
import { makeKeys, passwords, renderKeys } from "./login-keys.ts";

/** The operators' own template engines give what the fields of an item have: the same bytes, whoever brings them. */

const hasGo = execaSync("go", ["version"], { reject: false }).exitCode === 0;
const folder = mkdtempSync(path.join(tmpdir(), "berth-templates-"));
const program = path.join(folder, "render");

beforeAll(async () => {
  if (!hasGo) return;
  const cwd = path.join(projectFolder, "test/secrets/templates");
  await execa("go", ["build", "-mod=readonly", "-o", program, "."], { cwd });
}, 600_000);

afterAll(() => {
  rmSync(folder, { recursive: true });
});

const common = { name: "wiki", namespace: "infra-wiki", labels: {}, annotations: {} };
const keys = makeKeys({ host: "fd00::1", port: 5432, database: "wi/ki é?" });
const secret = buildExternalSecret({
  ...common,
  ...{ title: "wiki", fields: ["username", "password"], keys, refreshInterval: "1h0m0s" },
  store: { kind: "ClusterSecretStore", name: "berth-prod" },
});
const { destination } = buildVaultDestination({ ...common, fields: [], restart: [], keys });

test.skipIf(!hasGo).each(Object.entries(passwords))("%s", async (_, password) => {
  const login = { username: "wi ki+é", password };
  const input = {
    External: secret.spec.target.template.data,
    Vault: Object.fromEntries(
      Object.entries(destination.transformation.templates ?? {}).map(([key, { text }]) => [
        key,
        text,
      ]),
    ),
    Fields: login,
  };
  const { stdout } = await execa(program, { input: JSON.stringify(input) });
  const made = JSON.parse(stdout) as Record<"External" | "Vault", Record<string, string>>;
  const read = (values: Record<string, string>) =>
    Object.fromEntries(
      Object.entries(values).map(([key, text]) => [key, Buffer.from(text, "base64").toString()]),
    );
  const wanted = renderKeys(keys, login);
  expect(read(made.External)).toEqual({ ...renderKeys(loginKeys, login), ...wanted });
  expect(read(made.Vault)).toEqual(wanted);
});

test.skipIf(!hasGo)("all fields have the keys that the 1Password operator gives them", async () => {
  const { spec } = buildExternalSecret({
    ...common,
    ...{ title: "wiki", fields: [], refreshInterval: "1h0m0s" },
    store: { kind: "ClusterSecretStore", name: "berth-prod" },
  });
  const rules = spec.dataFrom?.[0]?.rewrite.map(({ regexp }) => regexp);
  const labels = ["API Token", "  Ä (web)!", "tls.crt", "a_b-c", "-x-", "é", "a\n\tb"];
  const input = JSON.stringify({ Rewrite: rules, Labels: labels });
  const { stdout } = await execa(program, { input });
  expect((JSON.parse(stdout) as { Keys: string[] }).Keys).toEqual(labels.map(toKeyName));
});
