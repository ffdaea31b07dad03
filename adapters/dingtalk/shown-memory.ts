/**
 * What replies of ours said, by the key under which a message that quotes one names it: such a message often carries no
 * text of the card. In memory, so after a restart a quoted card is one that cannot be read.
 */
export type ShownMemory = {
  remember(processQueryKey: string | undefined, text: string): void;
  recall(processQueryKey: string): string | undefined;
};

/** With at most 12 KB each, some 2 MB. */
const CAPACITY = 200;

export function createShownMemory(): ShownMemory {
  const texts = new Map<string, string>();
  return {
    remember(processQueryKey, text) {
      if (processQueryKey === undefined) return;
      texts.delete(processQueryKey);
      texts.set(processQueryKey, text);
      const oldest = texts.keys().next().value;
      if (texts.size > CAPACITY && oldest !== undefined) texts.delete(oldest);
    },
    recall: (processQueryKey) => texts.get(processQueryKey),
  };
}
