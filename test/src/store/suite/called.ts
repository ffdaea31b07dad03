/** Names of everything that can be called of a store: `turns.admit`, `purge`. */
export function methodsOf(object: object): readonly string[] {
  return Object.entries(object)
    .flatMap(([name, member]: [string, unknown]) => {
      if (typeof member === 'function') return [name];
      if (typeof member !== 'object' || member === null) return [];
      return methodsOf(member).map((inner) => `${name}.${inner}`);
    })
    .sort();
}

/** The same object; each method that is called through it is written down. */
export function writingDown<Part extends object>(object: Part, called: Set<string>, prefix = ''): Part {
  return new Proxy(object, {
    get(target, name, receiver): unknown {
      const member: unknown = Reflect.get(target, name, receiver);
      const full = prefix + String(name);
      if (typeof member === 'object' && member !== null) return writingDown(member, called, `${full}.`);
      if (typeof member === 'function') called.add(full);
      return member;
    },
  });
}
