import type { ApiCall } from '../../simulators/dingtalk/calls.ts';
import type { SimMessage } from '../../simulators/dingtalk/world-types.ts';
import type { PushOutcome } from '../../simulators/dingtalk/push.ts';
import type { PaneCall, PaneEvent } from '../pane.ts';
import { viewMessage, type Viewing } from './dingtalk-view.ts';
import type { Watch } from './shared/chat-pane.ts';
import { watchDeliveries } from './shared/deliveries.ts';
import { createRedraws } from './shared/redraws.ts';

/** DingTalk's cards do not say what they answer, so it is taken to be the latest question of the chat. */
export const causeOf = ({ conversationId }: SimMessage): string => conversationId;

const outcomes: Readonly<Record<PushOutcome, string>> = {
  acknowledged: 'acknowledged',
  refused: 'refused',
  unacknowledged: 'timeout',
  lost: 'lost',
  'no-connection': 'no-connection',
};

/** Turns the simulator's changes into events for the page. */
export function watchDingTalk(viewing: Viewing, emit: (event: PaneEvent) => void): Watch {
  const { simulator } = viewing;
  const withText = new WeakSet<object>();
  const redraws = createRedraws((id) => {
    const message = simulator.message(id);
    return message === undefined ? undefined : viewMessage(message, viewing);
  }, emit);

  function noticeAnswer(message: SimMessage): void {
    const { msgId, createdMs, card } = message;
    if (card === undefined) return;
    const subjects = [card.outTrackId];
    emit({ type: 'answer-shown', answer: msgId, cause: causeOf(message), atMs: createdMs, subjects });
  }

  function cardChanged(outTrackId: string): void {
    for (const { msgId } of simulator.card(outTrackId)?.places ?? []) {
      const card = simulator.message(msgId)?.card;
      if (card !== undefined && !withText.has(card) && (card.values.get('content') ?? '') !== '') {
        withText.add(card);
        emit({ type: 'text-shown', answer: msgId, atMs: Date.now() });
      }
      redraws.redraw(msgId);
    }
  }

  const unsubscribe = simulator.subscribe((change) => {
    if (change.type === 'call-made')
      return emit({ type: 'call', call: viewCall(change.call), subject: change.call.outTrackId });
    if (change.type === 'card-changed') return cardChanged(change.outTrackId);
    if (change.type === 'connections-changed') return;
    const message = simulator.message(change.msgId);
    if (message !== undefined && change.type === 'message-created') noticeAnswer(message);
    redraws.redraw(change.msgId);
  });
  const polled = watchDeliveries(
    {
      deliveries: () => simulator.deliveries(),
      connections: () => simulator.connections().length,
      view: ({ topic, attempts, state }) => ({
        eventType: topic,
        attempts: attempts.map(({ atMs, acknowledgedAfterMs, outcome }) => ({
          atMs,
          durationMs: acknowledgedAfterMs,
          outcome: outcomes[outcome],
        })),
        state,
      }),
    },
    emit,
  );
  return {
    deliveries: polled.recent,
    stop() {
      unsubscribe();
      redraws.stop();
      polled.stop();
    },
  };
}

function viewCall({ api, arrivedMs, durationMs, status, code, hidden, ...call }: ApiCall): PaneCall {
  const refused = code !== 'ok' || hidden !== undefined;
  return {
    api,
    atMs: arrivedMs,
    durationMs,
    status,
    code: refused ? (hidden ?? code) : undefined,
    bytes: call.requestBytes + call.responseBytes,
    refused,
  };
}
