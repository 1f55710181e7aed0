import { renderKey } from "../../components/config/keys/render.ts";
import { cnpgKeys, type SecretKey, toSecretKey } from "../../components/config/keys/template.ts";

/** Passwords that break a key whose encoding is wrong. */
export const passwords: Readonly<Record<string, string>> = {
  "letters and digits": "aB3dE6gH9jK2mN5pQ8sT1vW4yZ7bC0dF",
  "what URLs reserve": "a:b/c?d#e[f]g@h!i$j&k'l(m)n*o+p,q;r=s",
  "blanks, percent and plus": " 50%25 + 2%2B2 ",
  "quotes and backslashes": String.raw`say "no" 'yes' \ \\ \: \' end\ `.trim(),
  "braces as in a template": "{{ .password }} ${user} {% raw %}",
  "letters beyond ASCII": "pässwörd-канарейка-金絲雀",
  "all that can be typed": Array.from({ length: 95 }, (_, at) => String.fromCharCode(32 + at)).join(
    "",
  ),
};

/** The keys of every test that logs in, on a server at this place. */
export function makeKeys(place: {
  readonly host: string;
  readonly port: number;
  readonly database: string;
}): readonly SecretKey[] {
  const values = { ...place, port: String(place.port), sslmode: "disable", sslrootcert: undefined };
  const templates = {
    ...cnpgKeys,
    DATABASE_URL: "${uri}?sslmode=${sslmode}",
    CONNINFO:
      "host=${host} port=${port} dbname=${database:conninfo} user=${user:conninfo} password=${password:conninfo}",
    CONFIG_YAML: "database:\n  user: ${user:json}\n  password: ${password:json}\n",
    BRACES: "{{ literal }} {${password:plain}}",
  };
  return Object.entries(templates).map(([name, text]) => toSecretKey(name, text, values));
}

/** The keys of a Secret with this login. */
export function renderKeys(
  keys: readonly SecretKey[],
  login: { readonly username: string; readonly password: string },
): Readonly<Record<string, string>> {
  return Object.fromEntries(keys.map((key) => [key.name, renderKey(key, login)]));
}
