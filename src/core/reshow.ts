import type { Adapter } from '../contract/adapter.ts';
import type { AdapterId } from '../contract/ids.ts';
import type { Button } from '../contract/reply.ts';
import type { Logger } from '../contract/runtime.ts';
import { createAnswerText } from '../reply/answer-text.ts';
import { preview } from '../reply/preview.ts';
import type { Language, Store } from '../store/store.ts';
import { presentEnding } from './present.ts';
import { shortId, type Turn, type TurnId } from './turn.ts';

export type ReshowServices = {
  readonly store: Pick<Store, 'people'>;
  readonly adapters: ReadonlyMap<AdapterId, Adapter>;
  readonly locale: Language;
  readonly log: Logger;
  readonly dying: AbortSignal;
};

/** Shows an ended reply's end anew, in the background; `judged` is the asker's judgement, shown as pressed. */
export type Reshow = (turn: Turn, judged?: 'good' | 'bad') => void;

async function closeAgain(
  services: ReshowServices,
  turn: Turn,
  judged: Button['kind'] | undefined,
): Promise<void> {
  const { adapter: adapterId, platform } = turn.message.place;
  const adapter = services.adapters.get(adapterId);
  const part = turn.parts.at(-1);
  if (adapter === undefined || part === undefined || turn.ending === undefined) return;
  // What it says is known to the chat alone.
  if (turn.erasedAt !== undefined) return;
  const language =
    (await services.store.people.language(platform, turn.message.sender.key)) ?? services.locale;
  const finish = presentEnding(turn, turn.ending, adapter.capabilities, language);
  const buttons = finish.buttons.map((button) =>
    button.kind === judged ? { ...button, chosen: true } : button,
  );
  const text = createAnswerText(adapter.capabilities);
  text.append(turn.answer ?? '');
  const markdown = adapter.render(text.markdown({ start: part.start, end: part.end }), true);
  const sink = await adapter.resumeReply(part.handle, services.dying);
  const snapshot = { ...finish, buttons, markdown, preview: preview(markdown, finish.notice ?? '') };
  await sink.close({ status: finish.status, snapshot }, services.dying);
}

/**
 * What changed about an ended answer is a courtesy: that it could not be shown is logged and harms nothing. One reply is
 * shown anew by one change after the other, for platforms refuse edits that overtake one another.
 */
export function createReshow(services: ReshowServices): Reshow {
  const last = new Map<TurnId, Promise<void>>();
  return (turn, judged) => {
    const before = last.get(turn.id) ?? Promise.resolve();
    const shown = before
      .then(() => closeAgain(services, turn, judged))
      .catch((error: unknown) => {
        services.log.warn({ turn: shortId(turn.id), error }, 'an ended reply could not be shown anew');
      })
      .finally(() => {
        if (last.get(turn.id) === shown) last.delete(turn.id);
      });
    last.set(turn.id, shown);
  };
}
