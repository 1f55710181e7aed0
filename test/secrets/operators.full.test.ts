import { expect, test } from "vitest";
import { toKeyName } from "../../components/config/keys/name.ts";
import { loginKeys } from "../../components/config/keys/render.ts";
import { buildExternalSecret } from "../../components/secrets/external-secret.ts";
import { buildVaultDestination } from "../../components/secrets/vault-destination.ts";
import { hasGo, useGoProgram } from "../fakes/go-program.ts";
import { makeKeys, passwords, renderKeys } from "./login-keys.ts";

/** The operators' own template engines give what the fields of an item have: the same bytes, whoever brings them. */

/** In base64. A part that was not asked for is empty. */
type Rendered = Readonly<Record<"External" | "Vault" | "All", Readonly<Record<string, string>>>>;

const render = useGoProgram<Rendered>("secrets/templates");

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
  const whole = buildExternalSecret({
    ...common,
    ...{ title: "wiki", fields: [], refreshInterval: "1h0m0s" },
    store: { kind: "ClusterSecretStore", name: "berth-prod" },
  });
  const { spec } = whole;
  const rewrite = spec.dataFrom?.[0]?.rewrite.map(({ regexp }) => regexp) ?? [];
  const literal = spec.target.template.templateFrom?.[0]?.literal ?? "";
  const values: Record<string, string> = {
    ...{ "API Token": "a", "  Ä (web)!": "b", "tls.crt": "c", "a_b-c": "d" },
    ...{ notesPlain: "", "123": "0123", multi: 'line 1\n"line" 2: {{ .x }}\t\\ é \u2028 🙂\n' },
  };
  const input = { All: { Literal: literal, Rewrite: rewrite }, Fields: values };
  const { All: made } = await render(input);
  expect(
    Object.fromEntries(
      Object.entries(made).map(([key, text]) => [key, Buffer.from(text, "base64").toString()]),
    ),
  ).toEqual(
    Object.fromEntries(
      Object.entries(values)
        .filter(([, value]) => value !== "")
        .map(([label, value]) => [toKeyName(label), value]),
    ),
  );
});
