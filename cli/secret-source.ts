import type { AppSpec } from "../components/config/spec.ts";

/** Who brings an app's credentials to its Secrets, and the object that tells how that went. */
export function secretSource({ secretsThrough }: AppSpec): {
  readonly who: string;
  /** As kubectl takes it. */
  readonly resource: string;
} {
  switch (secretsThrough) {
    case "onepassword-item":
      return { who: "the 1Password operator", resource: "onepassworditem" };
    case "external-secret":
      return { who: "External Secrets", resource: "externalsecret" };
  }
}
