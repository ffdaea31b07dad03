import type { AdapterId } from '../contract/ids.ts';
import type { Admission, InboundAction } from '../contract/inbound.ts';
import type { Clock, Logger } from '../contract/runtime.ts';
import { toasts } from '../reply/notices/progress.ts';
import type { Phrase } from '../reply/notices/phrase.ts';
import type { Language, Store } from '../store/store.ts';
import type { Access, Asker } from './access.ts';
import { parseButtonId } from './present.ts';
import type { Elsewhere } from '../replicas/elsewhere.ts';
import type { Reshow } from './reshow.ts';
import type { Retry } from './retry.ts';
import type { Running } from './running.ts';
import { shortId, type Turn } from './turn.ts';

/** For the figures: an answer of this integration was judged. */
export type Judged = (adapter: AdapterId, verdict: 'good' | 'bad') => void;

export type PressServices = {
  readonly store: Pick<Store, 'turns' | 'people' | 'feedback' | 'audit'>;
  readonly access: Access;
  readonly running: Running;
  readonly elsewhere: Pick<Elsewhere, 'stop'>;
  readonly clock: Clock;
  readonly locale: Language;
  readonly retry: Retry;
  readonly reshow: Reshow;
  readonly judged: Judged;
  readonly log: Logger;
};

/** Stop and retry work for the asker and for administrators; a judgement may come from anyone who can see the answer. */
function maySteer({ access }: PressServices, turn: Turn, action: InboundAction): boolean {
  const { place, actor } = action;
  const sameSide = turn.message.place.adapter === place.adapter && turn.message.place.tenant === place.tenant;
  const known = actor.key !== '';
  return known && sameSide && (turn.message.sender.key === actor.key || access.isAdmin(askerOf(action)));
}

function askerOf({ place, actor }: InboundAction): Asker {
  return { platform: place.platform, person: actor.key, chat: place.chat };
}

/** Whoever steers what somebody else asked for, or tries to: one row for each button and person. */
async function writeDown(
  { store, clock }: PressServices,
  turn: Turn,
  kind: string,
  { place, actor }: InboundAction,
  allowed: boolean,
): Promise<void> {
  await store.audit.write({
    id: JSON.stringify([kind, turn.id, place.platform, actor.key]),
    at: clock.now().getTime(),
    platform: place.platform,
    person: actor.key,
    act: `button ${kind}`,
    allowed,
    detail: shortId(turn.id),
  });
}

async function carryOut(
  services: PressServices,
  turn: Turn,
  kind: string,
  action: InboundAction,
): Promise<Phrase> {
  if (kind === 'good' || kind === 'bad') {
    await services.store.feedback.give(turn.id, action.actor.key, kind, services.clock.now().getTime());
    services.judged(turn.message.place.adapter, kind);
    // The card is one for all who see it: it shows what the asker thinks.
    if (turn.message.sender.key === action.actor.key) services.reshow(turn, kind);
    return toasts.thanks;
  }
  const allowed = maySteer(services, turn, action);
  const own = turn.message.sender.key === action.actor.key;
  if (!allowed || !own) await writeDown(services, turn, kind, action, allowed);
  if (!allowed) return toasts.notYours;
  if (kind === 'stop') {
    const stopped =
      services.running.stop(turn.id, 'stopped') ||
      (turn.ending === undefined &&
        (await services.elsewhere.stop(({ id }) => id === turn.id, 'stopped')) > 0);
    return stopped ? toasts.stopping : toasts.alreadyEnded;
  }
  return (await services.retry(turn, askerOf(action))) ?? toasts.retrying;
}

/** Takes the press of a button. Answers within milliseconds: what takes longer goes on after the toast. */
export function createPressAdmission(services: PressServices): (action: InboundAction) => Promise<Admission> {
  return async (action) => {
    const { platform } = action.place;
    const language = (await services.store.people.language(platform, action.actor.key)) ?? services.locale;
    const button = parseButtonId(action.button);
    const turn = button === undefined ? undefined : await services.store.turns.byButtonKey(button.key);
    if (button === undefined || turn === undefined)
      return { outcome: 'ignored', toast: toasts.unknown[language] };
    const words = await carryOut(services, turn, button.kind, action);
    services.log.info({ turn: shortId(turn.id), button: button.kind }, 'a button was pressed');
    return { outcome: 'accepted', toast: words[language] };
  };
}
