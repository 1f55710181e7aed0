import type { ResourceValidationArgs, StackValidationArgs } from "@pulumi/policy";
import { expect, it } from "vitest";
import { policies } from "../../policy/policies.ts";

/** Names of a stack may be anybody's: in CI, those of a pull request. */

/** It clears the terminal, and ends a colour of Pulumi's. */
const hostile = "a\u001b[2J\u202e<{%reset%}>";
const quoted = JSON.stringify(hostile);

const manifest = (content: string) => ({
  type: "berth:index:ManifestFile",
  props: { path: "x.yaml", content },
});

const given = [
  {
    type: "berth:postgres:AppDatabase",
    props: {
      app: hostile,
      database: { name: hostile, revokePublic: false },
      roles: { owner: { name: hostile, profile: "owner" } },
    },
  },
  { type: "postgresql:index/role:Role", props: { name: hostile, superuser: true } },
  manifest(`kind: Secret\nmetadata: { name: ${quoted} }\nstringData: { ${quoted}: x }\n`),
  manifest(
    `kind: ExternalSecret\nmetadata: { name: db, namespace: ${quoted} }\nspec: { data: [{ secretKey: password, remoteRef: { key: postgres-admin } }] }\n`,
  ),
  {
    type: "pulumi:providers:berth",
    props: {
      postgres: JSON.stringify({
        endpoint: { kubernetes: { namespace: "db-postgres", service: "postgres" } },
        adminItem: "Coachlight/postgres-admin",
      }),
    },
  },
];

const resources = given.map((one) => ({ ...one, name: "x", urn: `urn:${one.type}` }));

it.each(policies.map((policy) => [policy.name, policy] as const))(
  "%s shows no control character of a name",
  async (_, policy) => {
    const found: string[] = [];
    const report = (message: string): void => void found.push(message);
    if ("validateStack" in policy) {
      await policy.validateStack({ resources } as unknown as StackValidationArgs, report);
    } else if (typeof policy.validateResource === "function") {
      for (const one of resources)
        await policy.validateResource(one as unknown as ResourceValidationArgs, report);
    }
    if (policy.name !== "databases-kept") expect(found).not.toEqual([]);
    expect(found.filter((text) => /[\u001b\u202e]|<\{/.test(text))).toEqual([]);
  },
);
