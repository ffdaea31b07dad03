import type { InboundMessage } from '../contract/inbound.ts';
import type { Ending } from './turn.ts';

/** What is left of a message whose words are erased: who, where and when, for the counters; nothing that was said. */
export function withoutContent(message: InboundMessage): InboundMessage {
  const { type, eventKey, place, sender, addressed, forgeable, sentAt, replyTarget } = message;
  return {
    type,
    eventKey,
    place,
    sender: { key: sender.key },
    addressed,
    ...(forgeable === undefined ? {} : { forgeable }),
    text: '',
    media: [],
    unreadable: [],
    sentAt,
    replyTarget,
  };
}

/** A server's own words about a fault may repeat what it was asked. */
export function withoutEvidence(ending: Ending): Ending {
  const { notice } = ending;
  if (notice?.type !== 'fault') return ending;
  return { ...ending, notice: { type: 'fault', fault: { ...notice.fault, evidence: '' } } };
}

/** How a turn ends whose words were erased before it was answered. */
export const erasedEnding: Ending = {
  status: 'stopped',
  notice: { type: 'stopped' },
  remarks: [],
  durationMs: 0,
};
