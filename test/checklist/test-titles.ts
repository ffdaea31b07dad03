import { readFileSync } from 'node:fs';
import ts from 'typescript';

/** One test (or group of tests) as it stands in a file. */
export type TitledTest = {
  /** As written; of an `each` with its placeholders. */
  readonly title: string;
  /** Strings of the table behind an `each`: any of them names a row. */
  readonly rows: readonly string[];
  /** False for what is skipped or only planned, itself or with its group. */
  readonly runs: boolean;
};

/** `it`, `test`, `describe`, and our own groups such as `describePlatform`. */
const testFunction = /^(it|test|describe\w*)$/;
const notRun = /^(skip|todo|fails)$/;

/** Every test that a file registers, read from its syntax: what stands in a comment or a string is none. */
export function testsIn(file: string): readonly TitledTest[] {
  const source = ts.createSourceFile(file, readFileSync(file, 'utf8'), ts.ScriptTarget.Latest, true);
  const found: TitledTest[] = [];
  const visit = (node: ts.Node, groupRuns: boolean): void => {
    const called = ts.isCallExpression(node) ? readCall(node, source) : undefined;
    const runs = groupRuns && called?.skipped !== true;
    if (called !== undefined) found.push({ title: called.title, rows: called.rows, runs });
    ts.forEachChild(node, (child) => visit(child, runs));
  };
  visit(source, true);
  return found;
}

type Called = Pick<TitledTest, 'title' | 'rows'> & { readonly skipped: boolean };

function readCall(call: ts.CallExpression, source: ts.SourceFile): Called | undefined {
  const [first] = call.arguments;
  if (first === undefined || !ts.isStringLiteralLike(first)) return undefined;
  let name: ts.Expression = call.expression;
  let table: ts.Expression | undefined;
  let skipped = false;
  // From the outside in: `it.each(table)(title)`, `it.skip(title)`, `it.runIf(condition)(title)`.
  while (!ts.isIdentifier(name)) {
    if (ts.isCallExpression(name)) {
      [table] = name.arguments;
      name = name.expression;
    } else if (ts.isPropertyAccessExpression(name)) {
      skipped ||= notRun.test(name.name.text);
      name = name.expression;
    } else return undefined;
  }
  if (!testFunction.test(name.text)) return undefined;
  return { title: first.text, rows: table === undefined ? [] : stringsIn(table, source), skipped };
}

/** The strings of a table, which may be a constant of the same file. */
function stringsIn(table: ts.Expression, source: ts.SourceFile): readonly string[] {
  const strings: string[] = [];
  const visit = (node: ts.Node): void => {
    if (ts.isStringLiteralLike(node)) strings.push(node.text);
    ts.forEachChild(node, visit);
  };
  visit(ts.isIdentifier(table) ? (constant(table.text, source) ?? table) : table);
  return strings;
}

function constant(name: string, source: ts.SourceFile): ts.Expression | undefined {
  let value: ts.Expression | undefined;
  const visit = (node: ts.Node): void => {
    if (ts.isVariableDeclaration(node) && ts.isIdentifier(node.name) && node.name.text === name)
      value ??= node.initializer;
    ts.forEachChild(node, visit);
  };
  visit(source);
  return value;
}
