import { describe, expect, test } from "vitest";
import { parseStack } from "../../components/config/parse.ts";
import { Item } from "../../components/onepassword/item.ts";
import { readStackItems } from "../../components/onepassword/stack-items.ts";
import { findProblems, writeStack } from "../fakes/stack.ts";
import { findSecret, gitops, write } from "./external-stack.ts";

/** Files that are attached to an item, as keys of a Secret. */

const files = ["tls.crt", "ca.pem"];
const secrets = { "radarr-tls": { item: "certificates", files } };

describe("attached files", () => {
  test("come under their own names through External Secrets, and under others with `keys`", () => {
    const keys = { "ca.crt": { item: "authority", file: "root ca.pem" }, plain: "file/label" };
    const given = { "radarr-tls": { item: "certificates", files, fields: ["field/a"], keys } };
    expect(findSecret({ secrets: given }, "radarr-tls")).toMatchObject({
      spec: {
        data: [
          { secretKey: "field-a", remoteRef: { key: "certificates", property: "field/field/a" } },
          { secretKey: "tls.crt", remoteRef: { key: "certificates", property: "file/tls.crt" } },
          { secretKey: "ca.pem", remoteRef: { key: "certificates", property: "file/ca.pem" } },
          { secretKey: "ca.crt", remoteRef: { key: "authority", property: "file/root ca.pem" } },
          { secretKey: "plain", remoteRef: { key: "certificates", property: "field/file/label" } },
        ],
      },
    });
  });

  const stack = (entry: object) => parseStack("prod", { ...writeStack({ radarr: entry }), gitops });

  /** @param attached Of the item `certificates`. */
  const read = (
    entry: object,
    attached: readonly string[],
    through = stack,
    labels: readonly string[] = [],
  ) =>
    readStackItems(through(entry), ({ vault, item }) => {
      const own = item === "certificates" ? labels : ["username", "password"];
      const name = item.startsWith("radarr") ? "radarr" : "postgres";
      const fields = own.map((label) => ({
        label,
        value: label === "username" ? name : "a-word-0123456789",
        section: "",
      }));
      return Promise.resolve(
        new Item(vault, item, fields, { files: item === "certificates" ? attached : [] }),
      );
    });

  test("come with the whole item through the 1Password operator", async () => {
    const item = { spec: { itemPath: "vaults/v/items/certificates" } };
    expect(findSecret({ secrets }, "radarr-tls", {})).toMatchObject(item);
    await expect(read({ secrets }, files)).resolves.toBeDefined();
  });

  test.each([
    ["the 1Password operator", stack],
    ["External Secrets", (entry: object) => parseStack("prod", write(entry))],
  ])("must be there, whoever brings them: %s", async (_, through) => {
    await expect(read({ secrets }, ["tls.crt", "ca.pam"], through)).rejects.toThrow(
      `item "certificates": no attached file "ca.pem"; did you mean "ca.pam"? it has tls.crt, ca.pam\n` +
        String.raw`    fix: op item edit certificates --vault Coachlight 'ca\.pem[file]=‹path of the file›'`,
    );
    await expect(read({ secrets }, [...files, "ca.pem"], through)).rejects.toThrow(
      '2 attached files are called "ca.pem"; it is not clear which one counts',
    );
    await expect(read({ secrets }, files, through)).resolves.toBeDefined();
  });

  test("are refused for the 1Password operator where a field has the same key", async () => {
    await expect(read({ secrets }, files, stack, ["ca.pem"])).rejects.toThrow(
      'the 1Password operator leaves out the attached file "ca.pem", because the field "ca.pem" has the same key',
    );
    const external = (entry: object) => parseStack("prod", write(entry));
    await expect(read({ secrets }, files, external, ["ca.pem"])).resolves.toBeDefined();
  });

  test("are keys that Helm values may name", () => {
    const workload = (key: string) => ({
      secrets,
      workload: {
        helm: {
          repoURL: "https://charts.example.org",
          chart: "radarr",
          version: "1.2.3",
          values: { tls: { secretKeyRef: { name: "radarr-tls", key } } },
        },
      },
    });
    const external = (entry: object) => () => parseStack("prod", write(entry));
    expect(external(workload("ca.pem"))).not.toThrow();
    expect(external(workload("ca.crt"))).toThrow("ca.crt");
  });

  test.each([
    [{ from: "vault", files }, "has `files` and `from: vault`; remove one of the two"],
    [{ files: ["my file.pem"] }, "is not a key of a Secret"],
    [{ keys: { a: { field: "x", file: "y" } } }, "needs either `field` or `file`"],
    [{ keys: { a: { item: "x" } } }, "needs either `field` or `file`"],
  ])("%j is refused", (secret, message) => {
    const problems = findProblems({
      ...writeStack({ radarr: { secrets: { "radarr-tls": secret } } }),
      gitops,
    });
    expect(problems.join("\n")).toContain(message);
  });

  test("under other names they need External Secrets", () => {
    const renamed = { "radarr-tls": { keys: { "ca.crt": { file: "root.pem" } } } };
    const problems = findProblems({ ...writeStack({ radarr: { secrets: renamed } }), gitops });
    expect(problems.join("\n")).toContain(
      "radarr-tls.keys: the 1Password operator copies an item as it is; remove the key, or set berth:apps.radarr.secretsThrough to external-secret",
    );
  });
});
