import type { Fault } from '../config/faults.ts';
import type { Logger } from '../contract/runtime.ts';
import type { Reloaded } from './book.ts';
import type { AssistantFault } from './types.ts';

/** Logged at once; who has mended these reads the file again. */
const maxLogged = 20;

/** The file's faults among those of the configuration. */
export function assistantFaults(faults: readonly AssistantFault[]): readonly Fault[] {
  return faults.map(({ line, where, expected }) => ({
    key: 'ASSISTANTS_FILE',
    expected: where === '' ? expected : `${where}: ${expected}`,
    // Without a line it is the key itself that needs attention.
    ...(line === undefined ? {} : { inFile: { line } }),
  }));
}

/** Tells whoever asked for it by a signal, and so has no chat to be told in. */
export function logReload(log: Pick<Logger, 'info' | 'warn'>, read: Reloaded): void {
  if (read.state === 'loaded')
    log.info({ assistants: read.assistants.all.length }, 'the assistants file was read again');
  if (read.state !== 'faulty') return;
  const faults = read.faults.slice(0, maxLogged);
  log.warn(
    { count: read.faults.length, faults },
    'the assistants file has faults, the former one stays in force',
  );
}
