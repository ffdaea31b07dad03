/** Knows which messages of a platform may still be unfinished replies, so that nobody has to look at all of them. */
export type ReplyTracker = {
  /** A message appeared, anybody's. */
  add(id: string): void;
  /** How many replies look unfinished. */
  open(): number;
};

/** A reply that was finished once is not looked at again. */
export function trackReplies(isLive: (id: string) => boolean): ReplyTracker {
  const perhaps = new Set<string>();
  return {
    add: (id) => void perhaps.add(id),
    open() {
      for (const id of perhaps) if (!isLive(id)) perhaps.delete(id);
      return perhaps.size;
    },
  };
}
