import type { ApiCall } from '../../simulators/wecom/calls.ts';
import type { AttemptOutcome } from '../../simulators/wecom/delivery.ts';
import type { WeComSimulator } from '../../simulators/wecom/simulator.ts';
import { splitThinking } from '../../simulators/wecom/thinking.ts';
import type { SimMessage } from '../../simulators/wecom/world-types.ts';
import type { PaneCall, PaneEvent } from '../pane.ts';
import type { Watch } from './shared/chat-pane.ts';
import { watchDeliveries } from './shared/deliveries.ts';
import { createRedraws } from './shared/redraws.ts';
import { viewMessage } from './wecom-view.ts';

const outcomes: Readonly<Record<AttemptOutcome, string>> = {
  sent: 'sent',
  answered: 'acknowledged',
  refused: 'refused',
  timeout: 'timeout',
  unreachable: 'no-connection',
};

/** Turns the simulator's changes into events for the page. */
export function watchWeCom(simulator: WeComSimulator, emit: (event: PaneEvent) => void): Watch {
  const noticeText = createTextWatch(emit);
  const redraws = createRedraws((id) => {
    const message = simulator.message(id);
    return message === undefined ? undefined : viewMessage(message, simulator);
  }, emit);

  const unsubscribe = simulator.subscribe((change) => {
    if (change.type === 'call-made')
      return emit({ type: 'call', call: viewCall(change.call), subject: change.call.streamId });
    if (change.type === 'connections-changed') return;
    const message = simulator.message(change.messageId);
    if (message === undefined) return;
    if (change.type === 'message-created') noticeAnswer(message, emit);
    noticeText(message);
    redraws.redraw(message.messageId);
  });
  const polled = watchDeliveries(
    {
      deliveries: () => simulator.deliveries(),
      connections: () => simulator.connections().length,
      view: ({ kind, channel, attempts, state }) => ({
        eventType: kind,
        attempts: attempts.map(({ atMs, durationMs, outcome }) => ({
          atMs,
          // Nothing is acknowledged on the long connection, so nothing was measured.
          durationMs: channel === 'long-connection' ? undefined : durationMs,
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

function noticeAnswer(
  { messageId, stream, answersId, createdMs }: SimMessage,
  emit: (event: PaneEvent) => void,
): void {
  if (answersId === undefined || stream === undefined) return;
  const subjects = [stream.streamId];
  emit({ type: 'answer-shown', answer: messageId, cause: answersId, atMs: createdMs, subjects });
}

/**
 * A bubble first says what is being done, and the answer takes that sentence's place: so its first words are shown when
 * the text was last replaced rather than extended.
 */
function createTextWatch(emit: (event: PaneEvent) => void): (message: SimMessage) => void {
  const shown = new WeakMap<SimMessage, string>();
  return (message) => {
    if (message.stream === undefined) return;
    const answer = splitThinking(message.stream.content).answer.trimStart();
    const before = shown.get(message);
    shown.set(message, answer);
    if (before !== undefined && !answer.startsWith(before))
      emit({ type: 'text-shown', answer: message.messageId, atMs: Date.now() });
  };
}

function viewCall({ api, arrivedMs, durationMs, code, unseen, requestBytes }: ApiCall): PaneCall {
  const refused = code !== 0 || unseen !== undefined;
  return {
    api,
    atMs: arrivedMs,
    durationMs,
    status: code === -1 ? 0 : undefined,
    code: refused ? (unseen ?? String(code)) : undefined,
    bytes: requestBytes,
    refused,
  };
}
