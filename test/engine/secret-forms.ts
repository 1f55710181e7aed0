/** Secrets as they are, and as JSON, YAML, URLs and base64 would write them. */
export function formsOf(secrets: readonly string[]): string[] {
  return secrets.flatMap((secret) => [
    secret,
    JSON.stringify(secret).slice(1, -1),
    encodeURIComponent(secret),
    secret.replaceAll("'", "''"),
    Buffer.from(secret).toString("base64").replace(/=+$/, ""),
  ]);
}
