import type { AppSpec } from "../components/config/spec.ts";

/** The operator that makes an app's Secrets, and the object whose status shows the result. */
export function secretSource({ secretsThrough }: AppSpec): {
  readonly who: string;
  /** The resource's name for kubectl. */
  readonly resource: string;
} {
  switch (secretsThrough) {
    case "onepassword-item":
      return { who: "the 1Password operator", resource: "onepassworditem" };
    case "external-secret":
      return { who: "External Secrets", resource: "externalsecret" };
  }
}
