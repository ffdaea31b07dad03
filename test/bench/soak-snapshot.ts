/** What one kind of object takes, by the name of its constructor. */
export type Kind = { readonly name: string; readonly count: number; readonly bytes: number };

type Snapshot = {
  readonly snapshot: {
    readonly meta: { readonly node_fields: readonly string[]; readonly node_types: readonly unknown[] };
  };
  readonly nodes: readonly number[];
  readonly strings: readonly string[];
};

/** What V8 adds by itself as functions get warm (machine code, feedback, shapes of objects): bounded by the program's text. */
const ofTheEngine = new Set(['(code)', '(hidden)', '(object shape)']);

/** Bytes of objects, strings, arrays and closures: what a program can hold ever more of. */
export function heldBytes(kinds: ReadonlyMap<string, Kind>): number {
  return [...kinds.values()]
    .filter(({ name }) => !ofTheEngine.has(name))
    .reduce((sum, { bytes }) => sum + bytes, 0);
}

/** Objects by constructor; everything else (strings, code, arrays of the engine) by what it is. */
export function kindsOf(text: string): ReadonlyMap<string, Kind> {
  const { snapshot, nodes, strings } = JSON.parse(text) as Snapshot;
  const fields = snapshot.meta.node_fields;
  const types = snapshot.meta.node_types[0] as readonly string[];
  const [typeAt, nameAt, sizeAt] = ['type', 'name', 'self_size'].map((field) => fields.indexOf(field)) as [
    number,
    number,
    number,
  ];
  const kinds = new Map<string, { name: string; count: number; bytes: number }>();
  for (let at = 0; at < nodes.length; at += fields.length) {
    const type = types[nodes[at + typeAt] ?? 0] ?? '';
    const own = strings[nodes[at + nameAt] ?? 0] ?? '';
    const name =
      type === 'object' || type === 'closure' || type === 'native' ? `${type} ${own}` : `(${type})`;
    const kind = kinds.get(name) ?? { name, count: 0, bytes: 0 };
    kind.count += 1;
    kind.bytes += nodes[at + sizeAt] ?? 0;
    kinds.set(name, kind);
  }
  return kinds;
}

/** What takes more than before, the most first. */
export function growth(
  before: ReadonlyMap<string, Kind>,
  after: ReadonlyMap<string, Kind>,
  most: number,
): readonly Kind[] {
  return [...after.values()]
    .map(({ name, count, bytes }) => ({
      name,
      count: count - (before.get(name)?.count ?? 0),
      bytes: bytes - (before.get(name)?.bytes ?? 0),
    }))
    .filter(({ bytes }) => bytes > 0)
    .toSorted((one, other) => other.bytes - one.bytes)
    .slice(0, most);
}
