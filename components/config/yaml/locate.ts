import { isAlias, isMap, isSeq, LineCounter, type Node, type Pair, parseDocument } from "yaml";

/** Where a key path is in a stack file: `Pulumi.prod.yaml:14:5`. undefined = it is not in the file. */
export type Locate = (path: readonly string[]) => string | undefined;

/**
 * Finds keys in a stack file that was read already. Of a path that is only partly there it finds the last key that
 * is.
 *
 * @param name The file as messages call it.
 * @param prefix Of the keys under `config`, such as `berth:`; a key may be without it.
 */
export function locateIn(name: string, text: string, prefix: string): Locate {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, logLevel: "silent" });
  const step = (node: unknown, key: string): { readonly at?: Node; readonly inner: unknown } => {
    const target = isAlias(node) ? node.resolve(document) : node;
    if (isSeq(target)) {
      const inner = target.items[Number(key)] as Node | undefined;
      return { ...(inner === undefined ? {} : { at: inner }), inner };
    }
    if (!isMap(target)) return { inner: undefined };
    const pair = (target.items as readonly Pair<Node>[]).find((one) => String(one.key) === key);
    return pair === undefined ? { inner: undefined } : { at: pair.key, inner: pair.value };
  };
  const config = step(document.contents, "config").inner;
  return ([section = "", ...rest]) => {
    const first = [`${prefix}${section}`, section]
      .map((key) => step(config, key))
      .find(({ at }) => at !== undefined);
    if (first === undefined) return undefined;
    let { at } = first;
    let node = first.inner;
    for (const key of rest) {
      const next = step(node, key);
      if (next.at === undefined) break;
      ({ at } = next);
      node = next.inner;
    }
    const offset = at?.range?.[0];
    if (offset === undefined) return undefined;
    const { line, col } = lines.linePos(offset);
    return `${name}:${String(line)}:${String(col)}`;
  };
}
