import { createHash } from 'node:crypto';
import { parseJson, read, readList, readText } from '../../shared/json.ts';
import type { DingTalkReplyTarget } from '../types.ts';
import type { Decoded } from './decoded.ts';
import { actionEventKey, adapterId, chatKey, personKey, platformId, tenantKey } from './ids.ts';

/** Ids of buttons are ours and short; anything longer is not one of them. */
const MAX_BUTTON_CHARACTERS = 200;

/** The parameter under which each button of the card template sends its id. */
export const BUTTON_PARAMETER = 'button';

/** A press of a button, before it is known which one it was. */
export type Press = {
  readonly outTrackId: string;
  /** The id the card had been given for the button. */
  readonly button: string | undefined;
  /** The template's own name of the button: `stop`, `retry`, `good`, `bad`. */
  readonly actionId: string | undefined;
};

/** `/v1.0/card/instances/callback`. Undefined when it is not about a card of anybody's. */
export function readPress(raw: unknown): Press | undefined {
  const outTrackId = readText(raw, 'outTrackId');
  if (outTrackId === undefined) return undefined;
  const content = parseJson(readText(raw, 'content') ?? '') ?? read(raw, 'content');
  const sources = [content, read(content, 'actionData'), read(raw, 'actionData'), raw];
  const parameters = sources.flatMap((source) => [
    read(source, 'cardPrivateData', 'params'),
    read(source, 'userPrivateData', 'params'),
    read(source, 'params'),
  ]);
  const button = parameters
    .map((found) => readText(found, BUTTON_PARAMETER))
    .find((found) => found !== undefined);
  const actionIds = sources.flatMap((source) => [
    ...readList(source, 'cardPrivateData', 'actionIds'),
    ...readList(source, 'actionIds'),
    readText(source, 'actionId'),
  ]);
  return { outTrackId, button, actionId: actionIds.find((id) => typeof id === 'string') };
}

type Pressed = {
  readonly button: string | undefined;
  /** Where the card stands, if that is known: callbacks from direct chats name the person only. */
  readonly place: Pick<DingTalkReplyTarget, 'conversationId' | 'kind'> | undefined;
  /** The frame's own id; a press is pushed once. */
  readonly frameId: string | undefined;
};

/** Who pressed, and where. Cards of others and elements other than our buttons are ignored. */
export function decodeAction(raw: unknown, { button, frameId, place }: Pressed): Decoded {
  const userId = readText(raw, 'userId');
  if (button === undefined || button.length > MAX_BUTTON_CHARACTERS) {
    return { ignored: 'not one of our buttons' };
  }
  if (userId === undefined) return { ignored: 'malformed: no userId' };
  // `IM_GROUP`, or `IM` for direct chats, of which the person is the place.
  const direct = /^IM(?:_ROBOT)?$/i.test(readText(raw, 'spaceType') ?? '');
  return {
    event: {
      type: 'action',
      eventKey: actionEventKey(frameId ?? pressId(raw, userId, button)),
      place: {
        adapter: adapterId,
        platform: platformId,
        tenant: tenantKey(readText(raw, 'corpId') ?? ''),
        chat: chatKey(place?.conversationId ?? readText(raw, 'spaceId') ?? userId),
        kind: place?.kind ?? (direct ? 'direct' : 'group'),
      },
      actor: { key: personKey(userId) },
      button,
    },
  };
}

function pressId(raw: unknown, userId: string, button: string): string {
  const press = [readText(raw, 'outTrackId'), userId, button, readText(raw, 'eventTime')];
  return createHash('sha256').update(JSON.stringify(press)).digest('hex').slice(0, 32);
}
