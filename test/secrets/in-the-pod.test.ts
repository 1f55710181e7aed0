import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { parse } from "yaml";
import { parseStack } from "../../components/config/parse.ts";
import { findMissingKeys } from "../../components/config/values/references.ts";
import { contentsOf } from "../../components/config/values/secret-contents.ts";
import { writeStack } from "../fakes/stack.ts";
import { gitops } from "./external-stack.ts";

/** The Deployment of docs/secrets/in-the-pod.md reads what the entry there brings. cluster/manifests.test.ts applies it. */

const page = readFileSync(new URL("../../docs/secrets/in-the-pod.md", import.meta.url), "utf8");
const [stack = {}, deployment = {}] = [...page.matchAll(/```yaml\n([\s\S]*?)```/g)].map(
  ([, text = ""]) => parse(text) as Readonly<Record<string, unknown>>,
);

/** The app of the entry, and what its Secrets hold. */
function read() {
  const { "berth:apps": apps, "berth:secrets": secrets } = stack;
  const [app] = parseStack("prod", { ...writeStack(apps), gitops, secrets }).apps;
  if (app === undefined) throw new Error("no app");
  return { app, contents: contentsOf(app, () => undefined) };
}

test("each Secret that it names is one of the entry's, in its namespace, or the app's own", () => {
  const { app, contents } = read();
  const named = JSON.stringify(deployment).matchAll(/"(?:secretName|name)":"(wiki-[^"]+)"/g);
  expect([...named].map(([, name]) => name).toSorted()).toEqual(
    [...contents.keys(), "wiki-env"].toSorted(),
  );
  expect(deployment["metadata"]).toMatchObject({ namespace: app.namespace });
});

test("each key that it names is in the Secret", () => {
  const { contents } = read();
  expect(findMissingKeys(deployment, contents)).toEqual([]);
  const text = JSON.stringify(deployment);
  for (const key of ["DATABASE_URL", "tls.key"]) {
    const wrong = JSON.parse(text.replace(`"key":"${key}"`, '"key":"x"')) as typeof deployment;
    expect(findMissingKeys(wrong, contents), key).toHaveLength(1);
  }
});
