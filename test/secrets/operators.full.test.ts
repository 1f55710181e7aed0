import { expect, test } from "vitest";
import { toKeyName } from "../../components/config/keys/name.ts";
import { loginKeys } from "../../components/config/keys/render.ts";
import { buildExternalSecret } from "../../components/secrets/external-secret.ts";
import { buildVaultDestination } from "../../components/secrets/vault-destination.ts";
import { hasGo, useGoProgram } from "../fakes/go-program.ts";
import { makeKeys, passwords, renderKeys } from "./login-keys.ts";

/** The operators' own template engines give what the fields of an item have: the same bytes, whoever brings them. */

/** In base64. A part that was not asked for is empty. */
type Rendered = Readonly<Record<"External" | "Vault", Readonly<Record<string, string>>>> & {
  readonly Keys: readonly string[];
};

const render = useGoProgram<Rendered>("secrets/templates");

const common = { name: "wiki", namespace: "infra-wiki", labels: {}, annotations: {} };
const keys = makeKeys({ host: "fd00::1", port: 5432, database: "wi/ki é?" });
const secret = buildExternalSecret({
  ...common,
  title: "wiki",
  fields: ["username", "password"],
  keys,
  refreshInterval: "1h0m0s",
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
  const made = await render(input);
  const read = (values: Rendered["Vault"]) =>
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
    title: "wiki",
    fields: [],
    refreshInterval: "1h0m0s",
    store: { kind: "ClusterSecretStore", name: "berth-prod" },
  });
  const rules = spec.dataFrom?.[0]?.rewrite.map(({ regexp }) => regexp);
  const labels = ["API Token", "  Ä (web)!", "tls.crt", "a_b-c", "-x-", "é", "a\n\tb"];
  const { Keys: made } = await render({ Rewrite: rules, Labels: labels });
  expect(made).toEqual(labels.map(toKeyName));
});
