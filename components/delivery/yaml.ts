import { Document, isScalar, parse, Scalar, visit } from "yaml";

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

/** `apps` of `apps/v1`; "" of `v1`, which is Kubernetes' own. */
export function groupOf({ apiVersion }: Pick<KubernetesObject, "apiVersion">): string {
  return apiVersion.includes("/") ? apiVersion.replace(/\/.*/, "") : "";
}

/** An object with all that it says, not only what every kind has. */
export type Manifest = KubernetesObject & Readonly<Record<string, unknown>>;

/**
 * Objects as YAML text, one document each. The same objects always give the same text: keys keep their
 * order, lines are not folded, and there are no anchors.
 *
 * Argo CD and kubectl read YAML 1.1, other tools read YAML 1.2. Text that would not be a string in one of
 * them (`no`, `0o17`, `1:30`, `2026-01-01`) is quoted.
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

/** Manifests have the same words again and again, and to parse one takes longer than to write it. */
const plain = new Map<string, boolean>();

function isPlain(text: string): boolean {
  // Only words with simple characters between them stay unquoted.
  if (!/^[A-Za-z0-9_./][\w./@%+-]*(?:[:= ,()][\w./@%+-]+)*$/.test(text)) return false;
  const known = plain.get(text) ?? (isRead(text, "1.1") && isRead(text, "1.2"));
  plain.set(text, known);
  return known;
}

function isRead(text: string, version: "1.1" | "1.2"): boolean {
  try {
    return parse(text, { version, logLevel: "silent" }) === text;
  } catch {
    return false;
  }
}
