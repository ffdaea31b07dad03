import type { TextChange } from '../feishu/card-history.ts';
import type { JsonObject } from '../feishu/json.ts';
import { isBlank, stateOf, type Card, type CardPlace, type CardState } from './card.ts';
import { shownButtons, type ShownButton } from './card-template.ts';
import type { Platform } from './platform.ts';
import type { SimMessage } from './world-types.ts';

/** One change of the text of a variable. */
export type CardTextChange = Omit<TextChange, 'elementId'> & { readonly key: string };

/** A card as it is visible now. All parts are copies. */
export type CardView = {
  readonly outTrackId: string;
  readonly templateId: string;
  readonly state: CardState;
  /** States in the order they were entered. */
  readonly states: readonly { readonly state: CardState; readonly atMs: number }[];
  /** Whether a streamed update ended the text (`isFinalize` or `isError`). */
  readonly finalised: boolean;
  /** What people read, by variable of the template; all empty when the card came out blank. */
  readonly texts: Readonly<Record<string, string>>;
  /** All Markdown variables people read, joined by newlines. */
  readonly markdown: string;
  /** Values as they were sent, also of variables the template does not have. */
  readonly values: Readonly<Record<string, string>>;
  /** Whether clients show nothing because the text is too long. */
  readonly blank: boolean;
  /** Values for one person only, by user id. */
  readonly privateValues: Readonly<Record<string, Readonly<Record<string, string>>>>;
  readonly buttons: readonly ShownButton[];
  readonly places: readonly CardPlace[];
  readonly history: readonly CardTextChange[];
  /** Streamed updates that were no extension of the text before. */
  readonly redraws: number;
  readonly streamedUpdates: number;
  readonly updatesAfterFinalise: number;
  readonly updatesDuringCallback: number;
};

export type MessageView = {
  readonly msgId: string;
  readonly conversationId: string;
  /** `bot`: the app under test, and which way the message took. */
  readonly from:
    | { readonly kind: 'bot'; readonly via: string }
    | { readonly kind: 'person'; readonly name: string; readonly staffId: string | undefined };
  readonly msgtype: string;
  /** As people read it; empty for cards and files. */
  readonly text: string;
  readonly title: string | undefined;
  readonly content: JsonObject;
  readonly createdMs: number;
  readonly recalled: boolean;
  readonly card: CardView | undefined;
  readonly pings: readonly string[];
  readonly downloadCodes: readonly string[];
};

export function viewCard(card: Card, platform: Platform): CardView {
  const { template, values } = card;
  const blank = isBlank(card, platform);
  const texts = Object.fromEntries(
    Object.keys(template.variables).map((name) => [name, blank ? '' : (values.get(name) ?? '')]),
  );
  return {
    outTrackId: card.outTrackId,
    templateId: template.id,
    state: stateOf(card),
    states: [...card.states],
    finalised: card.finalised,
    texts,
    markdown: Object.entries(template.variables)
      .filter(([name, type]) => type === 'markdown' && texts[name] !== '')
      .map(([name]) => texts[name])
      .join('\n'),
    values: Object.fromEntries(values),
    blank,
    privateValues: Object.fromEntries(
      [...card.privateValues].map(([userId, own]) => [userId, Object.fromEntries(own)]),
    ),
    buttons: shownButtons(template, values),
    places: [...card.places],
    history: card.history.changes().map(({ elementId, ...change }) => ({ ...change, key: elementId })),
    redraws: card.history.redraws(),
    streamedUpdates: card.streamedUpdates,
    updatesAfterFinalise: card.updatesAfterFinalise,
    updatesDuringCallback: card.updatesDuringCallback,
  };
}

export function viewMessage(message: SimMessage, platform: Platform): MessageView {
  const { msgId, conversationId, from, msgtype, text, title, createdMs, recalled, card } = message;
  return {
    msgId,
    conversationId,
    from:
      from.kind === 'bot' ? from : { kind: 'person', name: from.person.name, staffId: from.person.staffId },
    msgtype,
    text,
    title,
    content: structuredClone(message.content),
    createdMs,
    recalled,
    card: card === undefined ? undefined : viewCard(card, platform),
    pings: [...message.pings],
    downloadCodes: message.resources.map(({ downloadCode }) => downloadCode),
  };
}
