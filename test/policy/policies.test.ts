import { readFileSync } from "node:fs";
import path from "node:path";
import type { ResourceValidationArgs, StackValidationArgs } from "@pulumi/policy";
import { describe, expect, it } from "vitest";
import { projectFolder } from "../../components/project-folder.ts";
import { policies } from "../../policy/policies.ts";

/** The rules of the policy pack, called as Pulumi's server for policies calls them. */

interface Resource {
  readonly type: string;
  readonly name?: string;
  readonly props: Readonly<Record<string, unknown>>;
}

/** What is wrong, each with the name of its policy. */
async function check(...given: readonly Resource[]): Promise<readonly string[]> {
  const found: string[] = [];
  const resources = given.map(({ type, name = "x", props }) => {
    const urn = `urn:pulumi:prod::berth::${type}::${name}`;
    return { type, name, urn, props } as unknown as ResourceValidationArgs;
  });
  for (const policy of policies) {
    const report = (message: string): void => void found.push(`${policy.name}: ${message}`);
    if ("validateStack" in policy) {
      await policy.validateStack({ resources } as unknown as StackValidationArgs, report);
      continue;
    }
    const { validateResource } = policy;
    if (typeof validateResource !== "function") throw new Error(`${policy.name} has no rule`);
    for (const resource of resources) await validateResource(resource, report);
  }
  return found;
}

const owner = { name: "wiki", profile: "owner" };
const database = (more: object = {}, roles: object = { owner }): Resource => ({
  type: "berth:postgres:AppDatabase",
  props: { app: "wiki", database: { name: "wiki", connectionLimit: 20 }, roles, ...more },
});
const stock = (kind: string, props: Resource["props"]): Resource => ({
  type: `postgresql:index/${kind}:${kind[0]?.toUpperCase() ?? ""}${kind.slice(1)}`,
  props: { name: "wiki", ...props },
});
const file = (content: string): Resource => ({
  type: "berth:index:ManifestFile",
  props: { path: "x.yaml", content },
});
const item = (
  namespace: string,
  itemPath: string,
  partOf = "wiki",
): string => `kind: OnePasswordItem
metadata: { name: db, namespace: ${namespace}, labels: { app.kubernetes.io/part-of: ${partOf} } }
spec: { itemPath: ${itemPath} }
`;
const external = (namespace: string, key: string): string => `kind: ExternalSecret
metadata: { name: db, namespace: ${namespace} }
spec: { data: [{ secretKey: password, remoteRef: { key: ${key}, property: password } }] }
`;
const postgres = {
  endpoint: { kubernetes: { namespace: "db-postgres", service: "postgres" } },
  adminItem: "Coachlight/postgres-admin",
};
const provider = (props: object = postgres): Resource => ({
  type: "pulumi:providers:berth",
  // As the engine has it.
  props: { postgres: JSON.stringify(props) },
});

describe("the policy pack", () => {
  it("finds nothing but missing connection limits in what Berth makes", async () => {
    const golden = path.join(projectFolder, "test/golden/prod.json");
    const { registrations } = JSON.parse(readFileSync(golden, "utf8")) as {
      registrations: (Omit<Resource, "props"> & { inputs: Resource["props"] })[];
    };
    const found = await check(
      ...registrations.map(({ inputs, ...one }) => ({ ...one, props: inputs })),
    );
    const limits = found.filter((one) => one.startsWith("connection-limits-set: app "));
    expect(found).toEqual(limits);
    const { enforcementLevel } =
      policies.find(({ name }) => name === "connection-limits-set") ?? {};
    expect(enforcementLevel).toBe("advisory");
  });

  it("is documented, with the level of each policy", () => {
    const page = readFileSync(path.join(projectFolder, "docs/policy.md"), "utf8");
    const rows = [...page.matchAll(/^\| `([a-z-]+)` \|.*\| (mandatory|advisory) \|$/gm)];
    expect(rows.map(([, name, level]) => [name, level])).toEqual(
      policies.map(({ name, enforcementLevel = "mandatory" }) => [name, enforcementLevel]),
    );
  });

  it("has the version of Berth", () => {
    const versions = ["package.json", "policy/package.json"].map((name) => {
      const text = readFileSync(path.join(projectFolder, name), "utf8");
      return (JSON.parse(text) as { version: string }).version;
    });
    expect(versions[1]).toBe(versions[0]);
  });

  it("lets alone what is right", async () => {
    const objects = [
      "kind: ConfigMap\nmetadata: { name: wiki }\ndata: { PGHOST: postgres, PASSWORD_FILE: /x }\n",
      "kind: Job\nmetadata: { name: j }\nspec: { env: [{ name: PGPASSWORD, valueFrom: { secretKeyRef: { key: password } } }] }\n",
      "kind: ExternalSecret\nmetadata: { name: e }\nspec: { target: { template: { data: { URL: 'postgres://wiki:{{ .password }}@host/wiki' } } } }\n",
      item("db-postgres", "vaults/v/items/admin", "shared"),
      item("infra-wiki", "vaults/v/items/wiki"),
      external("db-postgres", "postgres-admin"),
    ];
    const given = [database(), ...objects.map(file), provider(), { type: "x:y:Z", props: {} }];
    expect(await check(...given)).toEqual([]);
  });

  it.each<[string, Resource[], string[]]>([
    [
      "a group of a superuser",
      [database({}, { owner: { ...owner, memberOf: ["pg_monitor", "pg_read_server_files"] } })],
      ["no-superuser: role wiki is a member of pg_read_server_files, which has"],
    ],
    [
      "an attribute of a superuser",
      [stock("role", { superuser: true, createRole: false, bypassRowLevelSecurity: true })],
      [
        "no-superuser: role wiki has superuser; ",
        "no-superuser: role wiki has bypassRowLevelSecurity; ",
      ],
    ],
    [
      "a database for PUBLIC",
      [database({ database: { name: "wiki", connectionLimit: 1, revokePublic: false } })],
      ["public-revoked: database wiki is open to PUBLIC"],
    ],
    [
      "a grant to PUBLIC",
      [stock("grant", { database: "wiki", role: "public", privileges: ["CONNECT"] })],
      ["public-revoked: PUBLIC gets CONNECT on database wiki"],
    ],
    ["a grant to PUBLIC of nothing", [stock("grant", { role: "public", privileges: [] })], []],
    [
      "names that Postgres would cut",
      [
        database({}, { owner: { ...owner, name: "ö".repeat(32) } }),
        stock("role", { name: "r".repeat(64) }),
      ],
      [`names-within-limits: role "${"ö".repeat(32)}" is 64 bytes`, "names-within-limits: role "],
    ],
    [
      "names that Kubernetes refuses",
      [
        file(
          `kind: A\nmetadata: { name: ${"n".repeat(254)}, namespace: A_B, labels: { l: ${"v".repeat(64)} } }\n`,
        ),
      ],
      ["names-within-limits: ", "names-within-limits: ", "names-within-limits: "],
    ],
    [
      "no connection limit",
      [database({ database: { name: "wiki" } })],
      ["connection-limits-set: app wiki may use every connection"],
    ],
    [
      "a limit of each role in place of one of the database",
      [database({ database: { name: "wiki" } }, { owner: { ...owner, connectionLimit: 3 } })],
      [],
    ],
    [
      "the admin's item for an app, by path",
      [
        file(item("db-postgres", "vaults/v/items/admin", "shared")),
        file(item("infra-wiki", "vaults/v/items/admin")),
        provider(),
      ],
      ["admin-secret-at-the-database: OnePasswordItem infra-wiki/db is from the admin role's item"],
    ],
    [
      "the admin's item for an app, by title",
      [file(external("infra-wiki", "postgres-admin")), provider()],
      ["admin-secret-at-the-database: ExternalSecret infra-wiki/db is from the admin role's item"],
    ],
    [
      "the admin's item in another place than that of the server",
      [file(item("elsewhere", "vaults/v/items/admin", "shared")), provider()],
      ["admin-secret-at-the-database: OnePasswordItem elsewhere/db"],
    ],
    [
      "the admin's item of a server outside of the cluster",
      [
        file(item("db", "vaults/v/items/admin", "shared")),
        file(item("infra-wiki", "vaults/v/items/admin")),
        provider({ endpoint: { direct: { host: "db.example" } } as never, adminItem: "V/admin" }),
      ],
      ["admin-secret-at-the-database: OnePasswordItem infra-wiki/db"],
    ],
    [
      "a Secret",
      [
        {
          type: "kubernetes:core/v1:Secret",
          props: { kind: "Secret", metadata: { name: "s" }, stringData: { a: "b" } },
        },
        file(
          "kind: A\nmetadata: { name: a }\n---\nkind: Secret\nmetadata: { name: t }\ndata: { c: eA== }\n",
        ),
        file("kind: Secret\nmetadata: { name: empty }\n"),
        { type: "kubernetes:core/v1:Secret", props: { kind: "Secret", stringData: { d: "e" } } },
      ],
      [
        "no-plaintext-secret: Secret s holds a in clear",
        "no-plaintext-secret: Secret t holds c in clear",
        "no-plaintext-secret: Secret (without a name) holds d in clear",
      ],
    ],
    [
      "a variable with a password",
      [
        file(
          "kind: Job\nmetadata: { name: j }\nspec: { env: [{ name: PGPASSWORD, value: not-a-real-one }] }\n",
        ),
      ],
      ["no-plaintext-secret: Job j has the value of PGPASSWORD in clear"],
    ],
    [
      "a URL with a password, and a key",
      [
        file(
          "kind: Application\nmetadata: { name: a }\nspec: { repoURL: 'https://ada:not-a-real-one@git.example.org' }\n",
        ),
        file(
          "kind: ConfigMap\nmetadata: { name: c }\ndata: { k: '-----BEGIN PRIVATE KEY-----' }\n",
        ),
      ],
      [
        "no-plaintext-secret: Application a has a URL",
        "no-plaintext-secret: ConfigMap c holds a private key",
      ],
    ],
    [
      "a database that goes with its app",
      [database({ reclaimPolicy: "delete" })],
      ["databases-kept: database wiki is dropped when app wiki leaves"],
    ],
  ])("judges %s", async (_, given, wanted) => {
    expect(await check(...given)).toEqual(
      wanted.map((text) => expect.stringContaining(text) as string),
    );
  });

  it("does not say the value of a secret", async () => {
    const canary = "canary-of-this-test";
    const found = await check(
      file(`kind: Secret\nmetadata: { name: s }\nstringData: { a: ${canary} }\n`),
      file(
        `kind: Job\nmetadata: { name: j }\nspec: { env: [{ name: TOKEN, value: ${canary} }] }\n`,
      ),
      file(`kind: A\nmetadata: { name: a }\nspec: { url: 'https://u:${canary}@host' }\n`),
    );
    expect(found).toHaveLength(3);
    expect(found.join()).not.toContain(canary);
  });
});
