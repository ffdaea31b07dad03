import { globSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import ts from 'typescript';
import { describe, expect, it } from 'vitest';

const root = join(import.meta.dirname, '..');
const files = globSync('{src,adapters}/**/*.{ts,js}', { cwd: root }).sort();
const texts = new Map(files.map((file) => [file, readFileSync(join(root, file), 'utf8')]));
const codes = new Map(files.map((file) => [file, code(file)]));
const imports = files.flatMap((from) =>
  ts.preProcessFile(text(from), true, true).importedFiles.map(({ fileName }) => ({
    from,
    to: fileName.startsWith('.') ? join(dirname(from), fileName) : fileName,
    local: fileName.startsWith('.'),
  })),
);
const locals = imports.filter(({ local }) => local);

function text(file: string): string {
  return texts.get(file) ?? '';
}

/** The file's code without comments: what a rule about code looks at. */
function code(file: string): string {
  const source = ts.createSourceFile(file, text(file), ts.ScriptTarget.Latest, true);
  let kept = '';
  const visit = (node: ts.Node): void => {
    if (node.kind >= ts.SyntaxKind.FirstJSDocNode && node.kind <= ts.SyntaxKind.LastJSDocNode) return;
    const children = node.getChildren(source);
    if (children.length > 0) return children.forEach(visit);
    const before = source.text.slice(node.getFullStart(), node.getStart(source));
    kept += before.replace(/\S/g, '') + node.getText(source);
  };
  visit(source);
  return kept;
}

function shown(found: readonly { from: string; to: string }[]): string[] {
  return found.map(({ from, to }) => `${from} → ${to}`);
}

const folder = (file: string): string => file.split('/').slice(0, 2).join('/');

describe('imports', () => {
  it('are found at all, and lead to files that exist', () => {
    expect(locals.length).toBeGreaterThan(50);
    expect(shown(locals.filter(({ to }) => !texts.has(to) && !to.endsWith('.json')))).toEqual([]);
  });

  it('of the contract stay within the contract', () => {
    expect(
      shown(
        imports.filter(({ from, to }) => from.startsWith('src/contract/') && !to.startsWith('src/contract/')),
      ),
    ).toEqual([]);
  });

  it('lead from the core to the adapters in the composition root only', () => {
    const seen = locals.filter(
      ({ from, to }) => from.startsWith('src/') && to.startsWith('adapters/') && from !== 'src/main.ts',
    );
    expect(shown(seen)).toEqual([]);
  });

  it('lead from an adapter to the contract, to what adapters share, and to itself', () => {
    const outside = locals.filter(
      ({ from, to }) =>
        from.startsWith('adapters/') &&
        from !== 'adapters/index.ts' &&
        !to.startsWith('src/contract/') &&
        !to.startsWith('adapters/shared/') &&
        folder(to) !== folder(from),
    );
    expect(shown(outside)).toEqual([]);
  });

  it('lead from what adapters share to no adapter', () => {
    const seen = locals.filter(
      ({ from, to }) =>
        from.startsWith('adapters/shared/') && to.startsWith('adapters/') && folder(to) !== 'adapters/shared',
    );
    expect(shown(seen)).toEqual([]);
  });

  it('lead from the adapters’ list to factories only', () => {
    const others = locals.filter(
      ({ from, to }) =>
        from === 'adapters/index.ts' &&
        !/^adapters\/[^/]+\/index\.ts$/.test(to) &&
        !to.startsWith('src/contract/'),
    );
    expect(shown(others)).toEqual([]);
  });

  it('of Koa are in src/http only', () => {
    expect(
      shown(imports.filter(({ from, to }) => /^(@?koa)\b/.test(to) && !from.startsWith('src/http/'))),
    ).toEqual([]);
  });

  it('never go round in a circle', () => {
    expect(findCycles()).toEqual([]);
  });
});

describe('the core', () => {
  it('knows no platform by name', () => {
    const naming = files.filter(
      (file) => file.startsWith('src/') && /feishu|lark|dingtalk|wecom|weixin/i.test(codes.get(file) ?? ''),
    );
    expect(naming).toEqual([]);
  });
});

describe('every source file', () => {
  it('leaves the process environment to the composition root', () => {
    const readers = files.filter(
      (file) =>
        !['src/main.ts', 'src/start.js'].includes(file) &&
        /\bprocess\s*(\.|\[['"])\s*env\b/.test(codes.get(file) ?? ''),
    );
    expect(readers).toEqual([]);
  });

  it('writes to the log, not to the console', () => {
    expect(files.filter((file) => /\bconsole\s*\./.test(codes.get(file) ?? ''))).toEqual([]);
  });

  it('sends requests through a dispatcher that says whose addresses it may reach, never through the global fetch', () => {
    expect(
      files.filter((file) => /(^|[^.\w])(globalThis\s*\.\s*)?fetch\s*\(/m.test(codes.get(file) ?? '')),
    ).toEqual([]);
  });

  it('has only named exports', () => {
    expect(files.filter((file) => /\bexport\s+default\b/.test(codes.get(file) ?? ''))).toEqual([]);
  });

  it('is at most 300 lines long', () => {
    expect(files.filter((file) => text(file).trimEnd().split('\n').length > 300)).toEqual([]);
  });

  it('has a name in kebab-case', () => {
    expect(files.filter((file) => !/^([a-z0-9-]+\/)*[a-z0-9]+(-[a-z0-9]+)*\.(ts|js)$/.test(file))).toEqual(
      [],
    );
  });
});

function findCycles(): string[] {
  const graph = new Map<string, string[]>();
  for (const { from, to } of locals) graph.set(from, [...(graph.get(from) ?? []), to]);
  const done = new Set<string>();
  const cycles: string[] = [];

  function visit(file: string, path: readonly string[]): void {
    const start = path.indexOf(file);
    if (start !== -1) cycles.push([...path.slice(start), file].join(' → '));
    if (start !== -1 || done.has(file)) return;
    for (const next of graph.get(file) ?? []) visit(next, [...path, file]);
    done.add(file);
  }

  for (const file of files) visit(file, []);
  return cycles;
}
