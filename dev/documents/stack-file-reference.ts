import { stackFileSchema } from "../../components/config/schema/json.ts";
import { toFindExample } from "./key-examples.ts";
import { toTable } from "./table.ts";

/** What this page reads of a JSON Schema. */
interface Node {
  readonly type?: string;
  readonly description?: string;
  readonly enum?: readonly unknown[];
  readonly minimum?: number;
  readonly maximum?: number;
  readonly properties?: Readonly<Record<string, Node>>;
  readonly required?: readonly string[];
  /** Of a stack file: what it has without `berth:vaultFor`. */
  readonly else?: Node;
  /** Of a map from any name: its values. */
  readonly additionalProperties?: Node | boolean;
  readonly items?: Node;
  readonly anyOf?: readonly Node[];
}

/** One key of the stack file. */
interface Key {
  readonly path: string;
  readonly node: Node;
  readonly isRequired: boolean;
}

/** In the path of a key below a map: what the map's names are. */
const names: Readonly<Record<string, string>> = {
  apps: "<app>",
  roles: "<key>",
  secrets: "<name>",
};

/** The keys of a stack file as tables, one for each key under `berth:`. */
export function stackFileReference(): string {
  const schema = JSON.parse(stackFileSchema()) as Node;
  const { properties = {}, else: usual } = schema.properties?.["config"] ?? {};
  const required = usual?.required ?? [];
  const sections = Object.entries(properties).map(([path, node]): Key => {
    return { path, node, isRequired: required.includes(path) };
  });
  const findExample = toFindKeyExample(sections.flatMap(toInner));
  return sections.map((top) => toSection(top, toInner(top), findExample)).join("\n\n");
}

/** Of a key: where somebody sets it, or a key that means the same, such as that of another role, or from its values. */
function toFindKeyExample(keys: readonly Key[]): (key: Key) => string | undefined {
  const find = toFindExample();
  const same = new Map(
    keys.flatMap(({ path, node }): [string, string][] => {
      const example = find(path);
      return example === undefined ? [] : [[JSON.stringify(node), example]];
    }),
  );
  return ({ path, node }) => find(path) ?? same.get(JSON.stringify(node)) ?? toExample(node);
}

/** A value that is not the default. */
function toExample(node: Node): string | undefined {
  const isDefault = (value: string): boolean =>
    node.description?.includes(`Default: ${value}`) === true;
  const [shape = node] = toShapes(node);
  const example = listValues(shape).find((value) => !isDefault(value));
  if (example === undefined) return undefined;
  return shape.items === undefined ? example : `[${example}]`;
}

function listValues({ type, enum: values, items }: Node): readonly string[] {
  return type === "boolean" ? ["true", "false"] : (values ?? items?.enum ?? []).map(String);
}

function toSection(
  top: Key,
  keys: readonly Key[],
  findExample: (key: Key) => string | undefined,
): string {
  const isNeeded = top.isRequired ? "Required." : "";
  const about = [top.node.description, isNeeded].filter(Boolean).join(" ");
  const head = [`## \`${top.path}\``, "", about];
  if (keys.length === 0) {
    const example = findExample(top) ?? "";
    return [...head, "", `Example: \`${top.path}: ${example}\``].join("\n");
  }
  return [
    ...head,
    "",
    toTable(
      ["key", "value", "what it is for", "example"],
      keys.map((one) => toRow(one, top, findExample)),
    ),
  ].join("\n");
}

function toRow(
  one: Key,
  top: Key,
  findExample: (key: Key) => string | undefined,
): readonly string[] {
  const { path, node, isRequired } = one;
  const key = path.slice(top.path.length).replace(/^\./, "");
  const about = [isRequired ? "Required." : "", node.description ?? ""];
  const example = findExample(one);
  return [
    `\`${key}\``,
    toCell(describeValue(node)),
    toCell(about.filter(Boolean).join(" ")),
    example === undefined ? "" : `\`${example.replaceAll("|", "\\|")}\``,
  ];
}

/** The keys below a key, each followed by its own. */
function toInner({ path, node }: Key): readonly Key[] {
  const isOf = toShapes(node);
  return isOf.flatMap((shape) => {
    const own = toProperties(shape).map(([name, inner]) => ({
      path: `${path}.${name}`,
      node: inner,
      isRequired: shape.required?.includes(name) ?? false,
    }));
    return [...own.flatMap((key) => [key, ...toInner(key)]), ...toMapKeys(path, shape)];
  });
}

/** The properties of a mapping; many that are the same but for their name are one, such as the kinds of objects. */
function toProperties({ properties = {} }: Node): readonly (readonly [string, Node])[] {
  const entries = Object.entries(properties);
  const [, [, common] = []] = entries;
  const same = entries.filter(([, node]) => JSON.stringify(node) === JSON.stringify(common));
  if (same.length < 5 || common === undefined) return entries;
  const list = same.map(([name]) => name).join(", ");
  const one = { ...common, description: `<kind> is one of ${list}.` };
  return [...entries.filter((entry) => !same.includes(entry)), ["<kind>", one]];
}

function toMapKeys(path: string, { additionalProperties, items }: Node): readonly Key[] {
  const inItems =
    items === undefined ? [] : toInner({ path: `${path}[]`, node: items, isRequired: false });
  if (typeof additionalProperties !== "object" || path.endsWith(".values")) return inItems;
  const last = path.split(/[.:]/).at(-1) ?? "";
  const key = {
    path: `${path}.${names[last] ?? "<name>"}`,
    node: additionalProperties,
    isRequired: false,
  };
  return [...inItems, key, ...toInner(key)];
}

/** A key whose value may have several shapes has the keys of each. */
const toShapes = (node: Node): readonly Node[] =>
  node.anyOf === undefined ? [node] : node.anyOf.flatMap(toShapes);

function describeValue(node: Node): string {
  const { type, minimum, maximum, items, anyOf } = node;
  if (anyOf !== undefined) return [...new Set(anyOf.map(describeValue))].join(", or ");
  if (node.enum !== undefined) return node.enum.map((value) => `\`${String(value)}\``).join(", ");
  if (type === "array")
    return items === undefined ? "a list" : `a list of: ${describeValue(items)}`;
  if (type === "integer") return describeRange(minimum, maximum);
  if (type === "string") return "text";
  if (type === "boolean") return "`true` or `false`";
  if (type === "object")
    return node.properties === undefined ? "names and values" : "keys, see below";
  return type === "null" ? "empty" : "any value";
}

/** The schema has the widest range there is for a number without limits. */
function describeRange(
  minimum = Number.MIN_SAFE_INTEGER,
  maximum = Number.MAX_SAFE_INTEGER,
): string {
  const isOpen = minimum === Number.MIN_SAFE_INTEGER || maximum === Number.MAX_SAFE_INTEGER;
  return isOpen ? "a whole number" : `${String(minimum)} to ${String(maximum)}`;
}

const toCell = (text: string): string =>
  text.replaceAll("|", "\\|").replaceAll("\n", " ").replaceAll("<", "&lt;");
