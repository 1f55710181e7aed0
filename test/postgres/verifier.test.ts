import { createHash, createHmac } from "node:crypto";
import { inspect } from "node:util";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Credential } from "../../components/onepassword/credential.ts";
import {
  makeVerifier,
  makeVerifiers,
  matchesVerifier,
  refuseUnusablePasswords,
  scramFor,
  scramOf,
} from "../../components/postgres/verifier.ts";
import { makeApp, makeSpec } from "../fakes/stack.ts";

/** The exchange of RFC 7677 section 3: user "user", password "pencil". */
const rfc = {
  message:
    "n=user,r=rOprNGfwEbeRWgbNEkqO,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096,c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0",
  clientProof: "dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=",
  serverSignature: "6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=",
  verifier:
    "SCRAM-SHA-256$4096:W22ZaJ0SNY7soEsUEjb6gQ==$WG5d8oPm3OtcPnkdi4Uo7BkeZkBFzpcXkuLmtbsT4qY=:wfPLwcE6nTWhTAmQ7tl2KeoiWGPlZqQxSrmfPwDl2dU=",
};

describe("the verifier of a password", () => {
  test("is the one that a server needs for the exchange of RFC 7677", () => {
    const [storedKey = "", serverKey = ""] = (rfc.verifier.split("$").at(-1) ?? "").split(":");
    const sign = (key: string) =>
      createHmac("sha256", Buffer.from(key, "base64")).update(rfc.message).digest();
    expect(sign(serverKey).toString("base64")).toBe(rfc.serverSignature);
    const clientKey = sign(storedKey).map(
      (byte, i) => byte ^ (Buffer.from(rfc.clientProof, "base64")[i] ?? 0),
    );
    expect(createHash("sha256").update(clientKey).digest("base64")).toBe(storedKey);
    expect(matchesVerifier(rfc.verifier, "pencil")).toBe(true);
    expect(matchesVerifier(rfc.verifier, "Pencil")).toBe(false);
  });

  test("is what Postgres stores as it is: 133 characters, 4096 rounds, a salt of 16 bytes", () => {
    const verifier = makeVerifier("correct horse", "netbox");
    expect(verifier).toMatch(/^SCRAM-SHA-256\$4096:[\w+/]{22}==\$[\w+/]{43}=:[\w+/]{43}=$/);
    expect(verifier).toHaveLength(133);
  });

  test("is the same on every run, and another one for another password, role or item", () => {
    const verifier = makeVerifier("correct horse", "netbox");
    expect(makeVerifier("correct horse", "netbox")).toBe(verifier);
    const others = [
      makeVerifier("Correct horse", "netbox"),
      makeVerifier("correct horse", "x"),
      makeVerifier("correct horse", "netbox", scramFor("netbox", "item")),
    ];
    expect(new Set([verifier, ...others].map((text) => text.split("$")[2])).size).toBe(4);
  });

  test("has a salt of 16 bytes for each role and item, in which there is nothing of the password", () => {
    const word = makeVerifier("correct horse", "netbox");
    expect(scramOf(makeVerifier("Correct horse", "netbox"))).toBe(scramOf(word));
    const salts = [
      scramFor("netbox"),
      scramFor("wiki"),
      scramFor("netbox", "a"),
      scramFor("netbox", "b"),
    ];
    expect(new Set(salts).size).toBe(4);
    for (const salt of salts) expect(salt).toMatch(/^4096:[\w+/]{22}==$/);
  });

  test("can be made with the iterations and the salt of one that is stored", () => {
    const scram = scramOf(rfc.verifier);
    expect(scram).toBe("4096:W22ZaJ0SNY7soEsUEjb6gQ==");
    expect(makeVerifier("pencil", "user", scram)).toBe(rfc.verifier);
    expect(makeVerifier("Pencil", "user", scram)).not.toBe(rfc.verifier);
    expect(scramOf("md5a3556571e93b0d20722ba62be61e8c2d")).toBeUndefined();
  });

  test("belongs to that password only, and shows nothing of it", () => {
    const passwords = fc.string({ minLength: 8, maxLength: 40 });
    fc.assert(
      fc.property(passwords, passwords, (password, other) => {
        const verifier = makeVerifier(password, "netbox");
        expect(matchesVerifier(verifier, password)).toBe(true);
        expect(matchesVerifier(verifier, other)).toBe(password === other);
        expect(verifier).not.toContain(password);
      }),
      { numRuns: 30 },
    );
  });

  test("comes for each role of an app, by the role's key", async () => {
    const scram = "4096:W22ZaJ0SNY7soEsUEjb6gQ==";
    const app = makeApp({
      roles: { ro: { profile: "readonly" }, kept: { profile: "readonly", scram } },
    });
    const credential = ({ name }: { name: string }) => new Credential(name, `${name}-word`, "item");
    expect([...(await makeVerifiers(app.roles, credential))]).toEqual([
      ["owner", makeVerifier("netbox-word", "netbox", scramFor("netbox", "item"))],
      ["kept", makeVerifier("netbox_kept-word", "netbox_kept", scram)],
      ["ro", makeVerifier("netbox_ro-word", "netbox_ro", scramFor("netbox_ro", "item"))],
    ]);
  });
});

test("all passwords of a stack that cannot be used are refused in one error, and none is shown", () => {
  const { apps } = makeSpec({ netbox: { roles: { ro: { profile: "readonly" } } }, wiki: {} });
  const words = new Map([
    ["netbox_ro", "canary\nword"],
    ["wiki", ""],
  ]);
  const credential = ({ name }: { name: string }) =>
    new Credential(name, words.get(name) ?? "sound-word");
  const refuse = () => {
    refuseUnusablePasswords(apps, credential);
  };
  expect(refuse).toThrow(/1Password: 2 problems/);
  expect(refuse).toThrow(
    /app netbox: role netbox_ro: .*control character.*at position 7\n {4}fix: /,
  );
  expect(refuse).toThrow(/app wiki: role wiki: .*is empty/);
  expect(refuse).not.toThrow(/canary/);
});

test.each([
  "md55f4dcc3b5aa765d61d8327deb882cf99",
  "secret",
  "",
  "SCRAM-SHA-256$4096:AAAA$AAAA",
  "SCRAM-SHA-256$0:W22ZaJ0SNY7soEsUEjb6gQ==$AAAA:AAAA",
  "SCRAM-SHA-256$99999999999:W22ZaJ0SNY7soEsUEjb6gQ==$AAAA:AAAA",
])("what is no verifier matches no password: %j", (stored) => {
  expect(matchesVerifier(stored, "secret")).toBe(false);
});

const canary = "CanaryPassword";

test.each([
  ["is empty", ""],
  ["is 1025 characters long; at most 1024", canary.padEnd(1025, "x")],
  ["has half a surrogate pair, which is not text", `${canary}\ud800`],
  ["has a control character (such as a line end) at position 15", `${canary}\n`],
  ["has a control character (such as a line end) at position 1", `\t${canary}`],
  ["has a control character (such as a line end) at position 15", `${canary}\0x`],
  ["has a control character (such as a line end) at position 15", `${canary}\u007f`],
  ["has a character that SASLprep (RFC 4013) prohibits", `${canary}\u0085`],
  ["has a character that SASLprep (RFC 4013) prohibits", `${canary}😀`],
  ["has a character that SASLprep (RFC 4013) prohibits", `${canary}\ue000`],
  ["has a character that SASLprep (RFC 4013) prohibits", `\u0627${canary}`],
  ["has a character that SASLprep (RFC 4013) prohibits", `${canary}\u{1e030}`],
  ["has a character that SASLprep (RFC 4013) prohibits", `${canary}\u0340`],
  ["has a character that SASLprep (RFC 4013) prohibits", "\u0627\u0653"],
  [
    "has a character that SASLprep (RFC 4013) prohibits, or only characters that it removes",
    "\u00ad\u200c",
  ],
])("fails on a password that %s, and does not show it", (reason, password) => {
  let error: unknown;
  try {
    makeVerifier(password, "netbox");
  } catch (caught) {
    error = caught;
  }
  expect(error).toMatchObject({
    name: "BerthError",
    message: expect.stringContaining(`role netbox: the password in 1Password ${reason}`) as unknown,
    hint: `give the item's field "password" a new value of letters and digits`,
  });
  const shown = inspect(error, { showHidden: true, depth: null });
  expect(shown).not.toContain(canary);
  expect(password === "" || !shown.includes(password)).toBe(true);
});
