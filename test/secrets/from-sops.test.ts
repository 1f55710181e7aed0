import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { parse } from "yaml";
import { parseStack } from "../../components/config/parse.ts";
import { contentsOf } from "../../components/config/values/secret-contents.ts";
import { readStackItems } from "../../components/onepassword/stack-items.ts";
import { itemWith } from "../fakes/item.ts";
import { external, write } from "./external-stack.ts";

/** The steps of docs/secrets/from-sops.md, with its own Secret and entry. */

const page = readFileSync(new URL("../../docs/secrets/from-sops.md", import.meta.url), "utf8");
const [secret, stack] = [...page.matchAll(/```yaml\n([\s\S]*?)```/g)].map(
  ([, text = ""]) => parse(text) as Record<string, unknown>,
);
const keys = Object.keys(secret?.["stringData"] as object);
const entry = (stack?.["berth:apps"] as { readonly wiki: object }).wiki;

test.each([
  ["the 1Password operator", {}],
  ["External Secrets", external],
])("the entry brings the keys of the old Secret through %s", (_, secrets) => {
  const [app] = parseStack("prod", write(entry, secrets)).apps;
  if (app === undefined) throw new Error("no app");
  const made = contentsOf(app, () => keys).get("wiki-mail");
  expect(made?.keys.toSorted()).toEqual(keys.toSorted());
});

test("the run is refused while a field is missing, with its name", async () => {
  const spec = parseStack("prod", write(entry));
  const read = (labels: readonly string[]) =>
    readStackItems(spec, (ref) =>
      Promise.resolve(
        itemWith(
          ref.item === "wiki-mail"
            ? Object.fromEntries(labels.map((label) => [label, "x"]))
            : { username: ref.item === "postgres-admin" ? "admin" : "radarr", password: "x" },
        ),
      ),
    );
  await expect(read(keys.slice(1))).rejects.toThrow(keys[0]);
  await expect(read(keys)).resolves.toBeDefined();
});
