/** Messages one person may send in a minute: twice what the fastest honest typist was seen to do. */
export const messagesPerMinute = 40;
const windowMs = 60_000;
/** People remembered at once; the longest silent are forgotten first. */
const maxPeople = 20_000;

export type Limits = {
  /** Counts one message of this person; false when that is one too many (which is then not counted). */
  take(person: string, now: number): boolean;
};

/** A sliding minute for each person, in memory: a restart forgives. */
export function createLimits(): Limits {
  const sent = new Map<string, number[]>();
  return {
    take(person, now) {
      const recent = (sent.get(person) ?? []).filter((at) => at > now - windowMs);
      const allowed = recent.length < messagesPerMinute;
      if (allowed) recent.push(now);
      sent.delete(person);
      sent.set(person, recent);
      const oldest = sent.keys().next();
      if (sent.size > maxPeople && oldest.done === false) sent.delete(oldest.value);
      return allowed;
    },
  };
}
