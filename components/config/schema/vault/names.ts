import { z } from "zod";
import { Text } from "../primitives.ts";

/** Where an engine or auth method is mounted, or a path below it. */
export const VaultPath = z.string().regex(/^[\w.@~+-]+(\/[\w.@~+-]+)*$/, {
  error: "is not a path in Vault; write it as wiki/config, without / at either end",
});

export const VaultRole = z.string().regex(/^[\w.-]+$/, {
  error: "is not a role of Vault; allowed are letters, digits, _, . and -",
});

/** Vault makes the names of policies lower case. */
export const VaultPolicy = z.string().regex(/^[a-z0-9_.-]+$/, {
  error: "is not a policy of Vault; allowed are a-z, 0-9, _, . and -",
});

/** What a policy says something about; `{app}` in it stands for the app's name. */
export const PolicyPath = z
  .string()
  .regex(/^(\{app\}|[\w.@~+-])+(\/(\{app\}|[\w.@~+-])+)*\/?\*?$/, {
    error: "is not a path of a policy; write it as kvv1/cloudflare/{app}*, with * only at the end",
  });

export const NamespacedName = z
  .string()
  .regex(/^[a-z0-9-]+\/[a-z0-9.-]+$/, { error: 'is not "namespace/name"' });

export const VaultUrl = z.url({
  protocol: /^https?$/,
  error: "is not a URL; write it as https://vault.example:8200",
});

/** A comma would separate two values. */
const ClaimValue = z
  .string()
  .regex(/^[^,]+$/, { error: "is empty or has a comma; give several as a list" });

/** Claims of a JWT, by name. */
export const Claims = z.record(
  Text,
  z
    .union([ClaimValue, z.array(ClaimValue).min(1, { error: "is empty" })])
    .describe("Value of the claim, or several of which a token has one."),
);

export const Ttl = z
  .string()
  .regex(/^[1-9]\d*[smh]$/, { error: "is not a duration; write it as 30m or 1h" });

export const PemFile = z.string().min(1, { error: "is empty" });
