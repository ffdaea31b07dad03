import type { InboundMessage } from '../contract/inbound.ts';
import type { Limit, LimitKind, LimitValue } from '../store/policy.ts';
import type { Of, UseCounter } from '../store/use-counter.ts';
import type { Policy } from './policy.ts';

/**
 * What holds where nothing was set. Twice what the fastest honest typist was seen to do; and what one person reaches in a
 * day of uninterrupted work on long documents, so that only a script meets it. Chats and the whole service have no limit
 * of their own: the line in front of the model servers is shared fairly between people as it is.
 */
export const defaultLimits: Readonly<
  Record<'each-person' | 'each-vip' | 'each-chat' | 'all', Pick<Limit, 'requestsPerMinute' | 'tokensPerDay'>>
> = {
  'each-person': { requestsPerMinute: 40, tokensPerDay: 2_000_000 },
  'each-vip': { requestsPerMinute: 120, tokensPerDay: 'unlimited' },
  'each-chat': { requestsPerMinute: 'unlimited', tokensPerDay: 'unlimited' },
  all: { requestsPerMinute: 'unlimited', tokensPerDay: 'unlimited' },
};

export type Measure = 'requestsPerMinute' | 'tokensPerDay';

/** Whose limit it is: the person's own, the chat's, or everybody's together. */
export type LimitOwner = 'person' | 'chat' | 'all';

/** A limit that is reached: whose, how much is allowed and was used, and when it will work again (ms since the epoch). */
export type LimitReached = {
  readonly owner: LimitOwner;
  readonly measure: Measure;
  readonly limit: number;
  readonly used: number;
  readonly until: number;
};

const minuteMs = 60_000;

function valueOf(
  policy: Policy,
  kind: LimitKind,
  platform: string,
  id: string,
  measure: Measure,
): LimitValue {
  return policy.limits.find(
    (limit) => limit.kind === kind && limit.platform === platform && limit.id === id,
  )?.[measure];
}

/** The value for all of a kind: as it was set, otherwise the default. */
export function generalLimit(policy: Policy, kind: keyof typeof defaultLimits, measure: Measure): LimitValue {
  return valueOf(policy, kind, '', '', measure) ?? defaultLimits[kind][measure];
}

/** The limit that holds for the owner of this message: the most particular one that is set. */
export function limitFor(
  policy: Policy,
  owner: LimitOwner,
  { platform, person, chat }: { readonly platform: string; readonly person: string; readonly chat: string },
  measure: Measure,
): LimitValue {
  if (owner === 'all') return generalLimit(policy, 'all', measure);
  if (owner === 'chat')
    return valueOf(policy, 'chat', platform, chat, measure) ?? generalLimit(policy, 'each-chat', measure);
  const vip = policy.vips.some((entry) => entry.platform === platform && entry.id === person);
  return (
    valueOf(policy, 'person', platform, person, measure) ??
    generalLimit(policy, vip ? 'each-vip' : 'each-person', measure)
  );
}

const owners: readonly LimitOwner[] = ['person', 'chat', 'all'];

/** `startOf` is when the day of `now` began, and when the next one begins. */
export type LimitClock = { readonly now: number; readonly dayBegan: number; readonly dayEnds: number };

/** Counted from the stored turns, so that restarts forgive nothing and several processes count together. */
export async function reachedLimit(
  policy: Policy,
  { place, sender }: Pick<InboundMessage, 'place' | 'sender'>,
  { now, dayBegan, dayEnds }: LimitClock,
  counter: UseCounter,
): Promise<LimitReached | undefined> {
  const { platform, adapter, chat } = place;
  const asker = { platform, person: sender.key, chat };
  const whose: Readonly<Record<LimitOwner, Of>> = {
    person: { platform, person: sender.key },
    chat: { adapter, chat },
    all: {},
  };
  for (const owner of owners) {
    const perMinute = limitFor(policy, owner, asker, 'requestsPerMinute');
    if (typeof perMinute === 'number') {
      const reached = { owner, measure: 'requestsPerMinute', limit: perMinute, used: perMinute } as const;
      if (perMinute === 0) return { ...reached, until: dayEnds };
      const nth = await counter.nthLatest(whose[owner], perMinute, now - minuteMs);
      if (nth !== undefined) return { ...reached, until: nth + minuteMs };
    }
    const perDay = limitFor(policy, owner, asker, 'tokensPerDay');
    if (typeof perDay === 'number') {
      const used = await counter.tokensSince(whose[owner], dayBegan);
      if (used >= perDay) return { owner, measure: 'tokensPerDay', limit: perDay, used, until: dayEnds };
    }
  }
  return undefined;
}
