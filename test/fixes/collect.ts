import { globSync, readFileSync } from "node:fs";
import path from "node:path";
import ts from "typescript";
import { projectFolder } from "../../components/project-folder.ts";

/** A fix that the code can print, with `…` for what a run puts in. */
export interface FixPlace {
  readonly file: string;
  readonly text: string;
}

/** `fix`, `hint`, and functions such as `hintFor`. */
const named = /^(fix|hint)([A-Z]|$)/;

/** Each fix in the code: the texts of what is named so, and what follows "fix: " in another text. */
export function collectFixes(): readonly FixPlace[] {
  const files = globSync("{components,cli,provider,policy,toolchain}/**/*.ts", {
    cwd: projectFolder,
  });
  return [...files.toSorted(), "index.ts"].flatMap((file) => {
    const text = readFileSync(path.join(projectFolder, file), "utf8");
    if (!/fix|hint/.test(text)) return [];
    const source = ts.createSourceFile(file, text, ts.ScriptTarget.Latest, true);
    const texts = new Set(new FixesIn(source).all);
    return [...texts].filter(Boolean).map((one) => ({ file, text: one }));
  });
}

/** The fixes of one file. */
class FixesIn {
  readonly all: readonly string[];
  readonly #values = new Map<string, ts.Node>();

  constructor(source: ts.SourceFile) {
    this.#declare(source);
    this.all = this.#find(source);
  }

  /** Values and functions by their names, so that a fix that only names one has its text. */
  #declare(node: ts.Node): void {
    const value = ts.isVariableDeclaration(node) ? node.initializer : undefined;
    const body = ts.isFunctionDeclaration(node) ? node.body : undefined;
    const found = value ?? body;
    const name = (node as Partial<ts.NamedDeclaration>).name;
    if (found !== undefined && name !== undefined) this.#values.set(name.getText(), found);
    node.forEachChild((child) => {
      this.#declare(child);
    });
  }

  #find(node: ts.Node): readonly string[] {
    const given = fixOf(node);
    if (given !== undefined) return this.#textsOf(given);
    if (ts.isFunctionDeclaration(node) && named.test(node.name?.text ?? ""))
      return this.#returnsOf(node);
    const text = toText(node);
    return [
      ...(text?.split(/(?:^|\n)\s*fix: /).slice(1) ?? []),
      ...childrenOf(node).flatMap((child) => this.#find(child)),
    ];
  }

  /** The texts that an expression can become: those of both sides of a choice, and of what is only named. */
  #textsOf(node: ts.Node, depth = 0): readonly string[] {
    const text = toText(node);
    if (text !== undefined) return text === "" ? [] : text.split(/\n\s*fix: /);
    if (ts.isConditionalExpression(node))
      return [node.whenTrue, node.whenFalse].flatMap((one) => this.#textsOf(one, depth));
    if (ts.isBinaryExpression(node))
      return [node.left, node.right].flatMap((one) => this.#textsOf(one, depth));
    if (ts.isObjectLiteralExpression(node))
      return node.properties.flatMap((one) =>
        ts.isPropertyAssignment(one) ? this.#textsOf(one.initializer, depth) : [],
      );
    if (ts.isArrayLiteralExpression(node))
      return node.elements.flatMap((one) => this.#textsOf(one, depth));
    if (ts.isParenthesizedExpression(node)) return this.#textsOf(node.expression, depth);
    if (ts.isCallExpression(node) && node.expression.getText() === "joinFixes")
      return node.arguments.flatMap((one) => this.#textsOf(one, depth));
    if (ts.isArrowFunction(node))
      return ts.isBlock(node.body)
        ? this.#returnsOf(node.body, depth)
        : this.#textsOf(node.body, depth);
    if (ts.isCallExpression(node) && ts.isPropertyAccessExpression(node.expression)) {
      const { expression, name } = node.expression;
      const of = name.text === "map" ? node.arguments : name.text === "join" ? [expression] : [];
      return of.flatMap((one) => this.#textsOf(one, depth));
    }
    const name = ts.isCallExpression(node) ? node.expression.getText() : node.getText();
    const value = this.#values.get(name);
    if (value === undefined || depth > 3) return [];
    return ts.isBlock(value) ? this.#returnsOf(value, depth + 1) : this.#textsOf(value, depth + 1);
  }

  #returnsOf(node: ts.Node, depth = 0): readonly string[] {
    if (ts.isReturnStatement(node))
      return node.expression === undefined ? [] : this.#textsOf(node.expression, depth);
    return childrenOf(node).flatMap((child) => this.#returnsOf(child, depth));
  }
}

function fixOf(node: ts.Node): ts.Node | undefined {
  if (ts.isCallExpression(node) && node.expression.getText() === "problemAt")
    return node.arguments[2];
  if (!ts.isPropertyAssignment(node) && !ts.isVariableDeclaration(node)) return undefined;
  return ts.isIdentifier(node.name) && named.test(node.name.text) ? node.initializer : undefined;
}

function childrenOf(node: ts.Node): readonly ts.Node[] {
  const children: ts.Node[] = [];
  node.forEachChild((child) => {
    children.push(child);
  });
  return children;
}

function toText(node: ts.Node): string | undefined {
  if (ts.isStringLiteral(node) || ts.isNoSubstitutionTemplateLiteral(node)) return node.text;
  if (!ts.isTemplateExpression(node)) return undefined;
  return node.head.text + node.templateSpans.map(({ literal }) => `…${literal.text}`).join("");
}
