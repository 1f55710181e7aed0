import { randomInt } from "node:crypto";
import type { PasswordRecipe } from "../../config/spec/item.ts";

const alphabets: Readonly<Record<PasswordRecipe["alphabet"], string>> = {
  "letters-digits": "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789",
  hex: "0123456789abcdef",
};

/** A new random password. No alphabet needs escaping in a URL or a shell. */
export function makePassword({ length, alphabet }: PasswordRecipe): string {
  const characters = alphabets[alphabet];
  return Array.from({ length }, () => characters[randomInt(characters.length)]).join("");
}
