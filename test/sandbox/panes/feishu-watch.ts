import type { FeishuChange } from '../../simulators/feishu/changes.ts';
import type { ApiCall } from '../../simulators/feishu/calls.ts';
import type { FeishuSimulator } from '../../simulators/feishu/simulator.ts';
import type { SimMessage } from '../../simulators/feishu/world-types.ts';
import type { PaneCall, PaneEvent } from '../pane.ts';
import { showsText, viewMessage } from './feishu-view.ts';
import type { Watch } from './shared/chat-pane.ts';
import { watchDeliveries } from './shared/deliveries.ts';
import { createRedraws } from './shared/redraws.ts';

const remembered = 1000;

export type Causes = ReturnType<typeof createCauses>;

/** A reply names what it answers: in a topic only the topic, elsewhere the message. */
export function createCauses() {
  const questions = new Map<string, string>();
  return {
    of({ sender, threadId, parentId, messageId }: SimMessage): string {
      if (sender.type === 'app') return threadId ?? parentId ?? messageId;
      const cause = threadId ?? messageId;
      questions.set(cause, messageId);
      const oldest = questions.keys().next().value;
      if (questions.size > remembered && oldest !== undefined) questions.delete(oldest);
      return cause;
    },
    question: (cause: string): string | undefined => questions.get(cause),
  };
}

/** Turns the simulator's changes into events for the page. */
export function watchFeishu(
  simulator: FeishuSimulator,
  emit: (event: PaneEvent) => void,
  causes: Causes,
): Watch {
  const withText = new Set<string>();
  const redraws = createRedraws((id) => {
    const message = simulator.message(id);
    return message === undefined ? undefined : viewMessage(message, simulator);
  }, emit);

  function noticeText(message: SimMessage): void {
    if (withText.has(message.messageId) || message.sender.type !== 'app' || !showsText(message)) return;
    if (withText.size > remembered) withText.clear();
    withText.add(message.messageId);
    emit({ type: 'text-shown', answer: message.messageId, atMs: Date.now() });
  }

  function noticeAnswer(message: SimMessage): void {
    const { messageId, sender, card, createdMs } = message;
    if (sender.type !== 'app' || message.parentId === undefined) return;
    const cause = causes.of(message);
    const subjects = [messageId, card?.cardId, causes.question(cause)].filter((id) => id !== undefined);
    emit({ type: 'answer-shown', answer: messageId, cause, atMs: createdMs, subjects });
  }

  const unsubscribe = simulator.subscribe((change: FeishuChange) => {
    if (change.type === 'call-made') {
      const { cardId, messageId } = change.call;
      return emit({ type: 'call', call: viewCall(change.call), subject: cardId ?? messageId });
    }
    const message = change.messageId === undefined ? undefined : simulator.message(change.messageId);
    if (message === undefined) return;
    if (change.type === 'message-created') noticeAnswer(message);
    noticeText(message);
    redraws.redraw(message.messageId);
  });
  const polled = watchDeliveries(
    {
      deliveries: () => simulator.deliveries(),
      connections: () => simulator.connections().length,
      view: ({ eventType, attempts, state }) => ({ eventType, attempts: [...attempts], state }),
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

function viewCall({
  api,
  arrivedMs,
  durationMs,
  status,
  code,
  requestBytes,
  responseBytes,
}: ApiCall): PaneCall {
  const refused = code !== 0;
  return {
    api,
    atMs: arrivedMs,
    durationMs,
    status,
    code: refused ? String(code) : undefined,
    bytes: requestBytes + responseBytes,
    refused,
  };
}
