import { Document, isScalar, parse, Scalar, visit } from "yaml";

/** What every Kubernetes object has. */
export interface KubernetesObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: {
    readonly name: string;
    readonly namespace?: string;
    readonly labels?: Readonly<Record<string, string>>;
    readonly annotations?: Readonly<Record<string, string>>;
  };
}

/**
 * Objects as YAML text, one document each. The same objects give the same text on every run: keys
 * stay in the order they were made in, lines are never folded, nothing becomes an anchor.
 *
 * Argo CD and kubectl read YAML by the rules of 1.1, other tools by those of 1.2. Text that either
 * would take for something else (`no`, `0o17`, `1:30`, `2026-01-01`) is quoted.
 */
export function formatYaml(objects: readonly object[]): string {
  return objects.map(formatDocument).join("---\n");
}

function formatDocument(object: object): string {
  const document = new Document(object, { aliasDuplicateObjects: false });
  visit(document, {
    Scalar(_, node) {
      if (isScalar(node) && typeof node.value === "string") {
        if (!node.value.includes("\n") && !isPlain(node.value)) node.type = Scalar.QUOTE_DOUBLE;
      }
    },
  });
  return document.toString({ lineWidth: 0 });
}

function isPlain(text: string): boolean {
  // Words and simple marks between them; anything with YAML's own marks is quoted unasked.
  if (!/^[A-Za-z0-9_./][\w./@%+-]*(?:[:= ,()][\w./@%+-]+)*$/.test(text)) return false;
  return isRead(text, "1.1") && isRead(text, "1.2");
}

function isRead(text: string, version: "1.1" | "1.2"): boolean {
  try {
    return parse(text, { version, logLevel: "silent" }) === text;
  } catch {
    return false;
  }
}
