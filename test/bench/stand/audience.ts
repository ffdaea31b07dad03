import type { FeishuSimulator } from '../../simulators/feishu/simulator.ts';
import { textOf, type Card } from '../../simulators/feishu/card.ts';
import { preciseNow } from './model-protocol.ts';
import { labelOf, tokensIn } from './tokens.ts';
import { evenly } from './wait.ts';

/** What people saw of one answer. Times in milliseconds since the epoch, with fractions, as the platform took the call. */
export type Seen = {
  readonly index: number;
  /** The id of the question, by which the service knows the reply. */
  readonly messageId: string;
  readonly askedAt: number;
  openedAt: number | undefined;
  /** Each time more tokens stood there: how many, and since when. */
  readonly shown: { readonly at: number; readonly tokens: number }[];
  /** When the reply was no longer marked as growing. */
  closedAt: number | undefined;
};

/** People who ask, each in a group of their own, and look at what appears. */
export type Audience = {
  /** Asks so many questions, evenly over `spreadMs`; numbered on from the questions before. */
  ask(count: number, spreadMs: number): Promise<readonly Seen[]>;
};

/** Texts are looked at as the simulated platform holds them, without a copy: it must not be what is measured. */
export function createAudience(feishu: FeishuSimulator): Audience {
  const all: Seen[] = [];
  const byQuestion = new Map<string, Seen>();
  const problems: unknown[] = [];

  function look(messageId: string): void {
    const message = feishu.message(messageId);
    const seen = byQuestion.get(message?.parentId ?? '');
    if (message?.card === undefined || seen === undefined) return;
    const at = preciseNow();
    seen.openedAt ??= at;
    const tokens = answerTokens(message.card);
    if (tokens > (seen.shown.at(-1)?.tokens ?? 0)) seen.shown.push({ at, tokens });
    if (!message.card.streaming.on) seen.closedAt ??= at;
  }

  feishu.subscribe((change) => {
    if (change.type === 'call-made' || change.messageId === undefined) return;
    try {
      look(change.messageId);
    } catch (error) {
      // A listener must not throw; the next question does.
      problems.push(error);
    }
  });

  return {
    async ask(count, spreadMs) {
      const first = all.length;
      await evenly(count, spreadMs, (number) => {
        const index = first + number;
        const from = feishu.addUser({ name: `同事 ${index}` });
        const chat = feishu.addChat({ kind: 'group', name: `群 ${index}`, members: [from] });
        const text = `@{bot} ${labelOf(index)} 请说明一下报销流程`;
        const askedAt = preciseNow();
        const { message } = feishu.say({ chat, from, said: { kind: 'text', text } });
        const { messageId } = message;
        const seen = { index, messageId, askedAt, openedAt: undefined, shown: [], closedAt: undefined };
        all.push(seen);
        byQuestion.set(messageId, seen);
      });
      if (problems.length > 0) throw new AggregateError(problems, 'an answer was not shown as it was made');
      return all.slice(first);
    },
  };
}

function answerTokens(card: Card): number {
  return tokensIn(textOf(card.report.elements.get('answer')));
}
