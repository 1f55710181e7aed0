import { z } from "zod";

/** The shortest password of each alphabet: at least 95 random bits. */
const shortest = { "letters-digits": 16, hex: 24 } as const;

/** How a password is made. Each alphabet needs no escaping in a URL, a shell or a file. */
export const Generate = z
  .strictObject({
    length: z.int().max(128).describe("Characters. Default: 32."),
    alphabet: z
      .enum(["letters-digits", "hex"])
      .describe("letters-digits: A-Z, a-z and 0-9. hex: 0-9 and a-f. Default: letters-digits."),
  })
  .partial()
  .check((ctx) => {
    const { length, alphabet = "letters-digits" } = ctx.value;
    const least = shortest[alphabet];
    if (length === undefined || length >= least) return;
    ctx.issues.push({
      code: "custom",
      message: `is too short; ${alphabet} needs at least ${String(least)} characters`,
      input: length,
      path: ["length"],
    });
  });

/** How a value in Vault is made, with at least 95 random bits too. */
export const GenerateValue = z.union([
  z.strictObject({
    length: z.int().min(16).max(1024).describe("Characters, of A-Z, a-z and 0-9."),
  }),
  z
    .strictObject({
      bytes: z.int().min(12).max(1024).describe("Random bytes."),
      encoding: z.enum(["base64", "hex"]).describe("How they are written. Default: base64."),
    })
    .partial({ encoding: true }),
]);
