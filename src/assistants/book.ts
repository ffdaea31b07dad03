import { noAssistants, type AssistantFault, type Assistants } from './types.ts';

/** What became of reading the file again. `no-file`: `ASSISTANTS_FILE` is not set. */
export type Reloaded =
  | { readonly state: 'loaded'; readonly assistants: Assistants }
  | { readonly state: 'faulty'; readonly faults: readonly AssistantFault[] }
  | { readonly state: 'no-file' };

/** The assistants as they hold now. */
export type AssistantBook = {
  /** No I/O. */
  readonly current: () => Assistants;
  /** Reads the file again; a faulty one changes nothing. Never rejects. */
  readonly reload: () => Promise<Reloaded>;
};

export type AssistantSources = {
  /** `ASSISTANTS_FILE`; undefined: no assistants. */
  readonly file: string | undefined;
  /** Rejects when the file cannot be read. */
  readonly readFile: (path: string) => Promise<string>;
  /** What may stand before the colon in a chat's name. */
  readonly platforms: ReadonlySet<string>;
};

/** A file of prompts is small; more than this is another one. In UTF-16 units. */
const maxFileLength = 2_000_000;

/** Reads the file once; its faults are given back for the start to tell, and the book is empty then. */
export async function openAssistants(
  sources: AssistantSources,
): Promise<{ readonly book: AssistantBook; readonly faults: readonly AssistantFault[] }> {
  let assistants = noAssistants;
  const reload = async (): Promise<Reloaded> => {
    const read = await readAssistants(sources);
    if (read.state === 'loaded') ({ assistants } = read);
    return read;
  };
  const first = await reload();
  const faults = first.state === 'faulty' ? first.faults : [];
  return { book: { current: () => assistants, reload }, faults };
}

async function readAssistants({ file, readFile, platforms }: AssistantSources): Promise<Reloaded> {
  if (file === undefined) return { state: 'no-file' };
  const faulty = (expected: string): Reloaded => ({
    state: 'faulty',
    faults: [{ line: undefined, where: '', expected }],
  });
  try {
    const text = await readFile(file);
    if (text.length > maxFileLength) return faulty('a file of at most 2 MB');
    // Loaded only where there is such a file: the parser costs start-up time and memory.
    const { decodeAssistants } = await import('./decode.ts');
    const decoded = decodeAssistants(text, platforms);
    if (decoded.ok) return { state: 'loaded', assistants: decoded.assistants };
    return { state: 'faulty', faults: decoded.faults };
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'unreadable';
    return faulty(`the path of a file this process can read (${code})`);
  }
}
