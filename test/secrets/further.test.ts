import { describe, expect, test } from "vitest";
import { parseStack } from "../../components/config/parse.ts";
import { readStackItems } from "../../components/onepassword/stack-items.ts";
import { itemWith } from "../fakes/item.ts";
import { findProblems } from "../fakes/stack.ts";
import { external, findSecret, write } from "./external-stack.ts";

/** What makes the keys that the 1Password operator makes. */
const asOperatorNames = [
  { regexp: { source: "^[^-._a-zA-Z0-9]+|[^-._a-zA-Z0-9]+$", target: "" } },
  { regexp: { source: "[^-._a-zA-Z0-9]+", target: "-" } },
];

describe("a Secret", () => {
  test("may have renamed keys, several items, a type and times of its own", () => {
    const secrets = {
      tls: {
        type: "kubernetes.io/tls",
        refreshInterval: "0h5m0s",
        deletionPolicy: "Delete",
        item: "certificates",
        keys: {
          "tls.crt": "certificate",
          "tls.key": { item: "keys", vault: "edge", field: "key" },
        },
      },
    };
    const made = findSecret({ secrets }, "tls");
    expect(made).toMatchObject({
      spec: {
        refreshInterval: "0h5m0s",
        secretStoreRef: { name: "berth-prod" },
        target: {
          creationPolicy: "Owner",
          deletionPolicy: "Delete",
          template: { type: "kubernetes.io/tls" },
        },
        data: [
          { secretKey: "tls.crt", remoteRef: { key: "certificates", property: "certificate" } },
          {
            secretKey: "tls.key",
            remoteRef: { key: "keys", property: "key" },
            sourceRef: { storeRef: { kind: "ClusterSecretStore", name: "berth-prod-edge" } },
          },
        ],
      },
    });
    expect(made).not.toHaveProperty("spec.dataFrom");
  });

  test("may take the fields of a pattern, under rewritten keys", () => {
    const rewrite = [{ source: "^SMTP_(.*)$", target: "MAIL_$1" }];
    const made = findSecret({ secrets: { mail: { find: "^SMTP_", rewrite } } }, "mail");
    expect(made).toHaveProperty("spec.dataFrom", [
      {
        find: {
          path: "mail",
          name: { regexp: "^SMTP_" },
          conversionStrategy: "Default",
          decodingStrategy: "None",
        },
        rewrite: [{ regexp: { source: "^SMTP_(.*)$", target: "MAIL_$1" } }, ...asOperatorNames],
      },
    ]);
  });

  test("is a OnePasswordItem of that type, which can be nothing else of it", () => {
    const secrets = { tls: { type: "kubernetes.io/tls" } };
    expect(findSecret({ secrets }, "tls", {})).toMatchObject({
      kind: "OnePasswordItem",
      type: "kubernetes.io/tls",
    });
    const all = { keys: { A: "a" }, refreshInterval: "0h1m0s", deletionPolicy: "Delete" };
    expect(
      findProblems(write({ owner: { creationPolicy: "Orphan" }, secrets: { x: all } }, {})),
    ).toEqual([
      expect.stringContaining("berth:apps.radarr.owner.creationPolicy: the 1Password operator"),
      expect.stringContaining(
        "berth:apps.radarr.secrets.x.refreshInterval: the 1Password operator",
      ),
      expect.stringContaining("berth:apps.radarr.secrets.x.deletionPolicy: the 1Password operator"),
      expect.stringContaining("berth:apps.radarr.secrets.x.keys: the 1Password operator"),
    ]);
  });

  test.each([
    ["keys no Secret can have", { keys: { "a b": "x" } }, '"a b" is not a key of a Secret'],
    ["another pattern", { find: "(" }, "is not a regular expression"],
    ["what Go does not know", { find: "(?=a)" }, "look-around"],
    ["rewrite alone", { rewrite: [] }, "has `rewrite` without `find`"],
    [
      "Delete of what others made",
      { creationPolicy: "Merge", deletionPolicy: "Delete" },
      "External Secrets deletes only a Secret of its own",
    ],
    ["Vault and a type", { from: "vault", type: "x" }, "has `type` and `from: vault`"],
  ])("is refused with %s", (_, secret, problem) => {
    const problems = findProblems(
      write({ secrets: { x: secret } }, { ...external, vault: { connection: "a/b" } }),
    );
    expect(problems).toEqual([expect.stringContaining(problem)]);
  });

  test("may be read once, but a login's and the stack's may not: a new password must arrive", () => {
    const once = { refreshInterval: "0h0m0s" };
    expect(findProblems(write({ secrets: { x: once } }))).toEqual([]);
    expect(findProblems(write({ owner: once }, { ...external, ...once }))).toEqual([
      expect.stringContaining(
        'berth:secrets.refreshInterval: "0h0m0s" would keep a rotated password from the Secret for ever',
      ),
      expect.stringContaining('berth:apps.radarr.owner.refreshInterval: "0h0m0s" would keep'),
    ]);
  });

  test("asks 1Password for each item that it names, and for no other", async () => {
    const secrets = {
      mail: { keys: { A: { item: "smtp", field: "a" }, B: { item: "b", field: "b" } } },
    };
    const spec = parseStack("prod", write({ secrets }));
    const requested: string[] = [];
    const failure = await readStackItems(spec, ({ item: title }) => {
      requested.push(title);
      return Promise.resolve(itemWith({ username: "radarr", password: "x", a: "1" }));
    }).catch((error: unknown) => String(error));
    expect(requested.toSorted()).toEqual(["b", "postgres-admin", "radarr-db-credentials", "smtp"]);
    expect(failure).toContain('item "b": no field "b" with a value');
  });
});
