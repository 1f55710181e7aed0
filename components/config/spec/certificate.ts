import type { RestartTarget } from "./vault.ts";

/** How the server's certificate gets to the apps; part of `StackSpec` and `AppSpec`. */

/** The CA in each namespace of an app. */
export interface ServiceCaSpec {
  readonly kind: "ConfigMap" | "Secret";
  readonly name: string;
  readonly key: string;
  /** PEM file; undefined = the stack file names none, which the rules refuse. */
  readonly file: string | undefined;
}

/** Where the server's certificate or its CA is, in the database's namespace. */
export type CertificateSourceSpec = { readonly image: string } & (
  | { readonly kind: "secret"; readonly name: string; readonly key: string }
  | {
      readonly kind: "pods";
      readonly pods: readonly string[];
      readonly container: string | undefined;
      readonly file: string;
    }
);

/** The key of a Secret in the app's namespace that gets the certificate. */
export interface CertificateSpec {
  readonly secret: string;
  readonly key: string;
  readonly encoding: "pem" | "base64";
  readonly restart: readonly RestartTarget[];
  /** As in cron; undefined = only in each sync. */
  readonly schedule: string | undefined;
}
