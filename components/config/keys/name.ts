/** The key that the 1Password operator gives to a field, by its label; "" = it has no character that a key may have. */
export function toKeyName(label: string): string {
  return label
    .replace(/^[^-._a-zA-Z0-9]+|[^-._a-zA-Z0-9]+$/g, "")
    .replace(/[^-._a-zA-Z0-9]+/g, "-");
}
