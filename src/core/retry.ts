import type { Adapter } from '../contract/adapter.ts';
import type { AdapterId, EventKey, ReplyTarget } from '../contract/ids.ts';
import type { Clock, Logger } from '../contract/runtime.ts';
import { createAnswerText } from '../reply/answer-text.ts';
import { preview } from '../reply/preview.ts';
import type { Language, Store } from '../store/store.ts';
import { presentEnding } from './present.ts';
import { asTurn, type NewTurn, type Turn, type TurnId } from './turn.ts';

export type RetryServices = {
  readonly store: Pick<Store, 'turns' | 'people'>;
  readonly adapters: ReadonlyMap<AdapterId, Adapter>;
  readonly clock: Clock;
  readonly locale: Language;
  readonly newTurnId: () => TurnId;
  readonly newButtonKey: () => string;
  readonly log: Logger;
  readonly dying: AbortSignal;
  readonly begin: (turn: Turn) => void;
};

/** Shows under the old answer that there is a new one, and takes its buttons away. */
async function markOld(services: RetryServices, turn: Turn): Promise<void> {
  const { adapter: adapterId, platform } = turn.message.place;
  const adapter = services.adapters.get(adapterId);
  const part = turn.parts.at(-1);
  if (adapter === undefined || part === undefined || turn.ending === undefined) return;
  const language =
    (await services.store.people.language(platform, turn.message.sender.key)) ?? services.locale;
  const finish = presentEnding(turn, turn.ending, adapter.capabilities, language);
  const text = createAnswerText(adapter.capabilities);
  text.append(turn.answer ?? '');
  const markdown = adapter.render(text.markdown({ start: part.start, end: part.end }), true);
  const sink = await adapter.resumeReply(part.handle, services.dying);
  const snapshot = { ...finish, markdown, preview: preview(markdown, finish.notice ?? '') };
  await sink.close({ status: finish.status, snapshot }, services.dying);
}

/** False when somebody already had it answered again. `target` is where the new answer goes: default, the old place. */
export type Retry = (old: Turn, target?: ReplyTarget) => Promise<boolean>;

/**
 * Answers an ended question again, in a new reply. The first press counts: every later one resolves to false. The new
 * turn has a key of its own, so that it survives a crash like any other.
 */
export function createRetry(services: RetryServices): Retry {
  return async (old, target = old.message.replyTarget) => {
    const at = services.clock.now().getTime();
    const turn: NewTurn = {
      id: services.newTurnId(),
      kind: 'question',
      scope: old.scope,
      message: {
        ...old.message,
        replyTarget: target,
        eventKey: `${old.message.eventKey}#${old.id}` as EventKey,
      },
      buttonKey: services.newButtonKey(),
      acceptedAt: at,
    };
    const { adapter } = old.message.place;
    const { eventKey } = turn.message;
    // One commit for both: a crash in between would leave a button that says there is a new answer where there is none.
    const admittance = { adapter, eventKey, at, turnIfNew: () => turn, retryOf: old.id };
    if ((await services.store.turns.admit(admittance)) === 'duplicate') return false;
    services.begin(asTurn(turn));
    markOld(services, { ...old, retriedAt: at }).catch((error: unknown) => {
      services.log.warn({ error }, 'the old answer could not be marked as answered again');
    });
    return true;
  };
}
