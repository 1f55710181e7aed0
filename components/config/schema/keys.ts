import { z } from "zod";
import { StackConfig } from "./stack.ts";

type Node = {
  readonly properties?: Readonly<Record<string, Node>>;
  readonly additionalProperties?: Node | boolean;
  readonly items?: Node;
  readonly anyOf?: readonly Node[];
};

/** The keys that a stack file may have at a key path, for the message about an unknown key. */
export function allowedKeys(path: readonly PropertyKey[]): readonly string[] {
  let nodes: readonly Node[] = [z.toJSONSchema(StackConfig, { io: "input" }) as Node];
  for (const step of path) nodes = nodes.flatMap(alternatives).flatMap((node) => child(node, step));
  return nodes.flatMap(alternatives).flatMap((node) => Object.keys(node.properties ?? {}));
}

function alternatives(node: Node): readonly Node[] {
  return node.anyOf?.flatMap(alternatives) ?? [node];
}

function child(node: Node, step: PropertyKey): readonly Node[] {
  const named = node.properties?.[String(step)];
  if (named !== undefined) return [named];
  if (typeof step === "number") return node.items === undefined ? [] : [node.items];
  return typeof node.additionalProperties === "object" ? [node.additionalProperties] : [];
}
