import { describe, expect, test } from "vitest";
import { percentEncode } from "../../../components/config/keys/encoding.ts";
import { renderKey, toGoTemplate } from "../../../components/config/keys/render.ts";
import {
  cnpgKeys,
  parseTemplate,
  toSecretKey,
  usesPlaceholder,
} from "../../../components/config/keys/template.ts";

const values = {
  host: "db.example",
  port: "5432",
  database: "wi ki",
  sslmode: "verify-full",
  sslrootcert: "/etc/pg/ca.crt",
};
const login = { username: "wiki", password: "p@s:s/w%d +x'\\#é" };

function render(template: string, more: Partial<typeof values> = {}): string {
  return renderKey(toSecretKey("KEY", template, { ...values, ...more }), login);
}

function toGo(template: string): string {
  return toGoTemplate(toSecretKey("KEY", template, values), (field) => `.${field}`);
}

const encoded = "p%40s%3As%2Fw%25d%20%2Bx%27%5C%23%C3%A9";

describe("a key", () => {
  test.each([
    ["${user}", "wiki"],
    ["${password}", login.password],
    ["${host}:${port}", "db.example:5432"],
    ["${uri}", `postgresql://wiki:${encoded}@db.example:5432/wi%20ki`],
    [
      "${uri}?sslmode=${sslmode}&sslrootcert=${sslrootcert}",
      `postgresql://wiki:${encoded}@db.example:5432/wi%20ki?sslmode=verify-full&sslrootcert=%2Fetc%2Fpg%2Fca.crt`,
    ],
    [
      "postgresql+asyncpg://${user}:${password}@${host}/${database}",
      `postgresql+asyncpg://wiki:${encoded}@db.example/wi%20ki`,
    ],
    ["${jdbc-uri}", `jdbc:postgresql://db.example:5432/wi%20ki?password=${encoded}&user=wiki`],
    ["${pgpass}", String.raw`db.example:5432:wi ki:wiki:p@s\:s/w%d +x'\\#é`],
    ["password=${password:conninfo}", String.raw`password='p@s:s/w%d +x\'\\#é'`],
    ["pw: ${password:json}", String.raw`pw: "p@s:s/w%d +x'\\#é"`],
    ["${password:url}", encoded],
    ["<${password:plain}>", `<${login.password}>`],
    ["url: 'x://${password}' # ${database}", `url: 'x://${encoded}' # wi ki`],
    ["$${user} costs $5", "${user} costs $5"],
  ])("%s", (template, value) => {
    expect(parseTemplate(template).problems).toEqual([]);
    expect(render(template)).toBe(value);
  });

  test("puts an IPv6 address in brackets, in URLs alone", () => {
    expect(render("${host} ${uri}", { host: "fd00::1", database: "wiki" })).toBe(
      `fd00::1 postgresql://wiki:${encoded}@[fd00::1]:5432/wiki`,
    );
    expect(render("x://${host}", { host: "[fd00::1]" })).toBe("x://[fd00::1]");
  });

  test.each([
    ["${pasword}", "unknown placeholder ${pasword}; allowed are ${user}, ${password}, "],
    ["${toString}", "unknown placeholder ${toString}"],
    ["${password:base64}", "allowed are ${password:plain}, ${password:url}"],
    ["${password:url:url}", "unknown encoding"],
    ["${uri:url}", "${uri:url} has its own encoding; write ${uri}"],
    ["proxy://x?to=${uri}", "${uri} stands inside of a URL"],
    ["host=${host} password=${password}", "say how the password is written there"],
  ])("is refused: %s", (template, problem) => {
    expect(parseTemplate(template).problems).toEqual([expect.stringContaining(problem)]);
  });

  test("knows its placeholders, with and without an encoding", () => {
    expect(usesPlaceholder("a ${sslrootcert:url}", "sslrootcert")).toBe(true);
    expect(usesPlaceholder("a $${sslrootcert} ${sslmode}", "sslrootcert")).toBe(false);
  });
});

describe("as a Go template", () => {
  test.each([
    ["${user}", "{{ .username }}"],
    ["${host}", "db.example"],
    [
      "${uri}",
      'postgresql://{{ .username | urlquery | replace "+" "%20" }}:{{ .password | urlquery | replace "+" "%20" }}@db.example:5432/wi%20ki',
    ],
    ["{{ .x }}", '{{ "{{" }} .x }}'],
    ["{{{${user}}", '{{ "{{{" }}{{ .username }}}'],
    ['{"{${user}', '{"{{ "{" }}{{ .username }}'],
    ["{", "{"],
  ])("%s", (template, text) => {
    expect(toGo(template)).toBe(text);
  });

  test("CloudNativePG's names all have a meaning", () => {
    for (const template of Object.values(cnpgKeys)) {
      expect(parseTemplate(template).problems).toEqual([]);
    }
  });
});

test("percent-encoding leaves unreserved characters alone, and reads back", () => {
  const all = Array.from({ length: 0x7f - 0x20 }, (_, code) => String.fromCharCode(0x20 + code));
  const text = `${all.join("")}äß€😀`;
  expect(decodeURIComponent(percentEncode(text))).toBe(text);
  expect(percentEncode(text).replaceAll(/%[0-9A-F]{2}/g, "")).toMatch(/^[-._~A-Za-z0-9]+$/);
});
