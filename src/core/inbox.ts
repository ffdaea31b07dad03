import type { Adapter } from '../contract/adapter.ts';
import type { AdapterId } from '../contract/ids.ts';
import type {
  Admission,
  InboundEvent,
  Inbox,
  InboundJoined,
  InboundFeedback,
  InboundRecall,
  InboundNotice,
} from '../contract/inbound.ts';
import type { Clock, Logger } from '../contract/runtime.ts';
import { turnOfOpeningKey } from '../reply/live-reply.ts';
import { welcome } from '../reply/notices/admission.ts';
import type { Language, Store } from '../store/store.ts';
import { createMessageAdmission, type AdmitServices, type MessageAdmission } from './admit.ts';
import { createPressAdmission, type PressServices } from './press.ts';
import { groupContextOf } from './policy.ts';
import type { Running } from './running.ts';
import type { TurnId } from './turn.ts';
import { turnsOf } from './whose-turns.ts';

export type InboxServices = AdmitServices &
  PressServices & {
    readonly store: Store;
    readonly adapters: ReadonlyMap<AdapterId, Adapter>;
    readonly running: Running;
    readonly clock: Clock;
    readonly locale: Language;
    readonly uuid: () => string;
    readonly dying: AbortSignal;
    readonly log: Logger;
    readonly onNotice: (notice: InboundNotice) => void;
    readonly counted: (type: InboundEvent['type'], adapter: AdapterId, outcome: Admission['outcome']) => void;
  };

const accepted: Admission = { outcome: 'accepted' };
const ignored: Admission = { outcome: 'ignored' };

/** Platforms tell of a direct chat at every opening; a claim of this age is never old enough to be forgotten. */
const keptForGood = Number.MAX_SAFE_INTEGER;

/** Greets once for each chat; a greeting that does not arrive is not worth a second one. */
async function greet(services: InboxServices, event: InboundJoined): Promise<Admission> {
  const { adapter: adapterId, kind } = event.place;
  const memory = kind === 'direct' ? kind : groupContextOf(services.policy.current(), event.place);
  const claimed = await services.store.turns.admit({
    adapter: adapterId,
    eventKey: event.eventKey,
    at: keptForGood,
  });
  if (claimed === 'duplicate') return { outcome: 'duplicate' };
  const adapter = services.adapters.get(adapterId);
  if (adapter === undefined) return ignored;
  const markdown = welcome[memory][services.locale];
  adapter
    .send(event.address, { markdown, preview: markdown }, services.uuid(), services.dying)
    .catch((error: unknown) => {
      services.log.warn({ adapter: adapterId, error }, 'the welcome could not be sent');
    });
  return accepted;
}

/**
 * A message that was taken back leaves the bot's memory with all that was answered to it, however long ago that was. While
 * no answer is shown, the other messages of the same question are answered without it; otherwise the answer stops.
 */
async function recall(
  { store, clock, bursts, running, elsewhere, log }: InboxServices,
  event: InboundRecall,
): Promise<Admission> {
  const { message, place } = event;
  const { adapter } = place;
  const at = clock.now().getTime();
  // Taken for seen: should the message itself come only now, nobody answers it.
  await store.turns.admit({ adapter, eventKey: message, at });
  if (bursts.withdraw(adapter, message)) {
    await store.forget.emptyMessage(adapter, message, at);
    log.info({ adapter, step: 'again' }, 'a message was recalled');
    return accepted;
  }
  const asked = running.stopMessage(adapter, message, 'recalled');
  const ofMessage = turnsOf(adapter, message);
  const erased = await store.forget.eraseMessage(adapter, message, at);
  await elsewhere.stop((turn) => ofMessage(turn) || erased.includes(turn.id), 'recalled');
  const stopped = erased.filter((id) => running.stop(id, 'recalled')).length > 0 || asked;
  log.info({ adapter, stopped, erased: erased.length }, 'a message was recalled');
  return erased.length > 0 ? accepted : ignored;
}

async function judgement(services: InboxServices, event: InboundFeedback): Promise<Admission> {
  const turn = await services.store.turns.byId(turnOfOpeningKey(event.reply) as TurnId);
  if (turn === undefined) return ignored;
  const { feedback } = services.store;
  if (event.verdict === 'withdrawn') {
    await feedback.withdraw(turn.id, event.actor.key);
    return accepted;
  }
  await feedback.give(turn.id, event.actor.key, event.verdict, services.clock.now().getTime());
  services.judged(event.place.adapter, event.verdict);
  return accepted;
}

/** Everything an adapter receives comes in here; see `Inbox` for what its promise means to the platform. */
export function createInbox(services: InboxServices): Inbox {
  const admitMessage = createMessageAdmission(services);
  const admitPress = createPressAdmission(services);

  async function admit(event: InboundEvent): Promise<MessageAdmission> {
    switch (event.type) {
      case 'message':
        return admitMessage(event);
      case 'action':
        return admitPress(event);
      case 'joined':
        return greet(services, event);
      case 'recalled':
        return recall(services, event);
      case 'feedback':
        return judgement(services, event);
      case 'notice':
        services.onNotice(event);
        return accepted;
    }
  }

  return async (event) => {
    const { quiet, ...admission } = await admit(event);
    const adapter = event.type === 'notice' ? event.adapter : event.place.adapter;
    services.counted(event.type, adapter, admission.outcome);
    // Some platforms are answered with the beginning of the reply: where none comes, none must be promised.
    return quiet === true ? ignored : admission;
  };
}
