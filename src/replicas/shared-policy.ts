import type { Logger } from '../contract/runtime.ts';
import type { PolicyBook } from '../core/policy.ts';
import type { Signals } from '../store/signals.ts';

const channel = 'policy';

/** Writes of every process take effect in all of them: each tells the others, which then read what is stored. */
export function sharePolicy(book: PolicyBook, signals: Signals, log: Logger): PolicyBook {
  let reading: Promise<unknown> | undefined;
  let next: Promise<unknown> | undefined;

  const read = (): Promise<void> =>
    book
      .reload()
      .catch((error: unknown) => log.warn({ error }, 'settings made on another replica could not be read'));

  /** What is written while it is being read is read once more, however often that is asked for meanwhile. */
  function changed(): void {
    if (next !== undefined) return;
    if (reading === undefined) {
      reading = read().finally(() => (reading = undefined));
      return;
    }
    next = reading.then(() => {
      next = undefined;
      changed();
    });
  }

  const then =
    <Given extends readonly unknown[]>(write: (...given: Given) => Promise<void>) =>
    async (...given: Given): Promise<void> => {
      await write(...given);
      // It is stored, and holds here. Who does not hear of it reads it when listening begins anew.
      await signals
        .notify(channel, '')
        .catch((error: unknown) =>
          log.warn({ error }, 'the other replicas could not be told of a new setting'),
        );
    };

  signals.listen(channel, { received: changed, missed: changed });
  return {
    current: book.current,
    reload: book.reload,
    addAdministrator: then(book.addAdministrator),
    removeAdministrator: then(book.removeAdministrator),
    setRule: then(book.setRule),
    removeRule: then(book.removeRule),
    setLimit: then(book.setLimit),
    removeLimit: then(book.removeLimit),
    setVip: then(book.setVip),
    setChat: then(book.setChat),
    setSetting: then(book.setSetting),
  };
}
