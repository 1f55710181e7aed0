import { readFileSync } from "node:fs";
import path from "node:path";
import { describe, expect, it } from "vitest";
import { parseAllDocuments } from "yaml";
import { z } from "zod";
import { projectFolder } from "../../components/project-folder.ts";

/** The manifests for the Pulumi Kubernetes Operator, against the schema that the operator publishes. */

type Schema = { [key: string]: unknown; properties?: Record<string, Schema> };

const read = (file: string): string => readFileSync(path.join(projectFolder, file), "utf8");
const text = read("examples/operator/stack.yaml");
const schema = JSON.parse(read("test/examples/operator-stack.schema.json")) as Schema;

/** As the API server reads it with strict validation: it refuses a field that the schema does not have. */
function toStrict(given: unknown): unknown {
  if (Array.isArray(given)) return given.map(toStrict);
  if (typeof given !== "object" || given === null) return given;
  const all = given as Schema;
  const inner = Object.fromEntries(Object.entries(all).map(([key, one]) => [key, toStrict(one)]));
  if (all["x-kubernetes-int-or-string"] === true) return { anyOf: inner["anyOf"] };
  const isOpen = all["x-kubernetes-preserve-unknown-fields"] === true || !all.properties;
  return all["type"] !== "object" || isOpen ? inner : { ...inner, additionalProperties: false };
}

const metadata = z.looseObject({ name: z.string(), namespace: z.string() });
const isStack = z.fromJSONSchema(toStrict(schema) as Parameters<typeof z.fromJSONSchema>[0]);
const toPlain = (edited: string) =>
  parseAllDocuments(edited).map((document) => document.toJS() as { readonly kind: string });

function problemsOf(edited: string): readonly string[] {
  const [stack] = toPlain(edited).filter(({ kind }) => kind === "Stack");
  const { metadata: named, ...rest } = stack as { metadata?: unknown };
  metadata.parse(named);
  const { error } = isStack.safeParse({ ...rest, metadata: {} });
  return (error?.issues ?? []).map(({ path: at, message }) => `${at.join(".")}: ${message}`);
}

describe("examples/operator/stack.yaml", () => {
  it("has a Stack that the operator's schema accepts", () => {
    expect(toPlain(text).map(({ kind }) => kind)).toEqual([
      "ServiceAccount",
      "ClusterRoleBinding",
      "Stack",
    ]);
    expect(problemsOf(text)).toEqual([]);
  });

  it.each([
    ["a field that there is not", "  stack: eu-1", "  stack: eu-1\n  stacks: eu-1", "stacks"],
    ["no stack", "  stack: eu-1\n", "", "spec.stack"],
    ["a text for a number", "resyncFrequencySeconds: 3600", "resyncFrequencySeconds: 1h", "resync"],
    ["a field of the Pod", "volumeMounts:", "mounts:", "mounts"],
  ])("would be refused with %s", (_, found, wrong, named) => {
    expect(text).toContain(found);
    expect(problemsOf(text.replace(found, wrong)).join("\n")).toContain(named);
  });
});
