import { createCardHistory, type CardHistory } from '../feishu/card-history.ts';
import type { CardTemplate } from './card-template.ts';
import type { Platform } from './platform.ts';

/** `created`: not delivered yet. `processing` is shown with the platform's own look. */
export type CardState = 'created' | 'processing' | 'inputting' | 'executing' | 'finished' | 'failed';

/** One place a card was delivered to. */
export type CardPlace = {
  readonly spaceType: 'IM_GROUP' | 'IM_ROBOT';
  readonly spaceId: string;
  readonly conversationId: string;
  readonly carrierId: string;
  readonly msgId: string;
};

/** One card as the platform keeps it. */
export type Card = {
  readonly outTrackId: string;
  readonly template: CardTemplate;
  readonly callbackType: 'STREAM' | 'HTTP' | undefined;
  /** Values of the variables, as sent. */
  readonly values: Map<string, string>;
  /** Values for one person only, by user id. */
  readonly privateValues: Map<string, Map<string, string>>;
  readonly places: CardPlace[];
  readonly history: CardHistory;
  readonly states: { readonly state: CardState; readonly atMs: number }[];
  readonly guids: Set<string>;
  /** Whether a streamed update said `isFinalize` or `isError`. */
  finalised: boolean;
  streamedUpdates: number;
  /** Streamed updates after that one, accepted or not: a client should send none. */
  updatesAfterFinalise: number;
  /** Updates over the API while a press of a button waited for its answer: the documents forbid them. */
  updatesDuringCallback: number;
  openCallbacks: number;
};

const rememberedGuids = 4096;

export function createCard(
  seed: Pick<Card, 'outTrackId' | 'template' | 'callbackType'>,
  values: ReadonlyMap<string, string>,
  platform: Platform,
): Card {
  return {
    ...seed,
    values: new Map(values),
    privateValues: new Map(),
    places: [],
    history: createCardHistory(platform.history.detail, platform.history.capacity),
    states: [{ state: 'created', atMs: platform.now() }],
    guids: new Set(),
    finalised: false,
    streamedUpdates: 0,
    updatesAfterFinalise: 0,
    updatesDuringCallback: 0,
    openCallbacks: 0,
  };
}

export function stateOf(card: Card): CardState {
  return card.states.at(-1)?.state ?? 'created';
}

export function enterState(card: Card, state: CardState, platform: Platform): void {
  if (stateOf(card) !== state) card.states.push({ state, atMs: platform.now() });
}

/** Whether this guid is new; it counts as seen from now on. */
export function claimGuid(card: Card, guid: string): boolean {
  if (card.guids.has(guid)) return false;
  card.guids.add(guid);
  const oldest = card.guids.values().next().value;
  if (card.guids.size > rememberedGuids && oldest !== undefined) card.guids.delete(oldest);
  return true;
}

/** Replaces or merges the values of the variables, and moves the state as far as `flowStatus` does that here. */
export function setValues(
  card: Card,
  given: ReadonlyMap<string, string>,
  byKey: boolean,
  platform: Platform,
): void {
  if (!byKey) for (const name of card.values.keys()) if (!given.has(name)) change(card, name, '', platform);
  if (!byKey) card.values.clear();
  for (const [name, value] of given) {
    change(card, name, value, platform);
    card.values.set(name, value);
  }
  const flow = given.get('flowStatus');
  if (flow !== undefined && honoursFlow(card, platform)) followFlow(card, flow, platform);
}

function change(card: Card, name: string, value: string, platform: Platform): void {
  const before = card.values.get(name) ?? '';
  if (before === value) return;
  const entry = { atMs: platform.now(), elementId: name, sequence: card.streamedUpdates, streamed: false };
  card.history.record(entry, before, value);
}

function honoursFlow(card: Card, { rules }: Platform): boolean {
  return (
    rules.flowStatus === 'always' ||
    (rules.flowStatus === 'when-in-template' && 'flowStatus' in card.template.variables)
  );
}

function followFlow(card: Card, flow: string, platform: Platform): void {
  const states: Readonly<Record<string, CardState>> = {
    '1': 'processing',
    '2': 'inputting',
    '3': 'finished',
    '4': 'executing',
    '5': 'failed',
  };
  const state = states[flow];
  if (state !== undefined) enterState(card, state, platform);
}

/** Whether clients show an empty card although every call succeeded. */
export function isBlank(card: Card, { rules }: Platform): boolean {
  if (rules.longContent !== 'blank') return false;
  return [...card.values].some(
    ([name, value]) =>
      card.template.variables[name] === 'markdown' && value.length > rules.limits.cardCharacters,
  );
}
