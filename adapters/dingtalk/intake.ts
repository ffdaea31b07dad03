import type { Json } from '../../src/contract/ids.ts';
import type { Inbox } from '../../src/contract/inbound.ts';
import type { Clock, Logger } from '../../src/contract/runtime.ts';
import { createInboxGate, type InboxGate } from '../shared/inbox-gate.ts';
import { readText } from '../shared/json.ts';
import { decodeAction, readPress } from './decode/action.ts';
import type { DecodeContext, Decoded } from './decode/decoded.ts';
import { decodeMessage } from './decode/message.ts';
import type { Presses } from './presses.ts';

/**
 * Where both modes put what was pushed. Both resolve once it is durably admitted (or of no use): only then it may be
 * acknowledged. They reject when it must not be, so that DingTalk delivers it again.
 */
export type Intake = {
  message(raw: unknown): Promise<void>;
  /** Gives back what the card shall change for the presser. */
  press(raw: unknown, frameId: string | undefined): Promise<Json>;
} & Pick<InboxGate, 'open' | 'close'>;

type IntakeOptions = Omit<DecodeContext, 'receivedAt'> & {
  readonly presses: Presses;
  /** A message came without its content: the month's pushes are used up. */
  readonly onPushQuota: () => void;
  readonly clock: Clock;
  readonly log: Logger;
};

/** A press must be answered within 2 s; what is admitted later is still carried out. */
const PRESS_ANSWER_MS = 1_500;

export function createIntake({ presses, onPushQuota, clock, log, ...context }: IntakeOptions): Intake {
  const gate = createInboxGate(clock);

  async function admit(decoded: Decoded, take: Inbox): Promise<string | undefined> {
    if ('ignored' in decoded) {
      log.debug({ reason: decoded.ignored }, 'dingtalk push ignored');
      return undefined;
    }
    if (decoded.event.type === 'notice') onPushQuota();
    return (await take(decoded.event)).toast;
  }

  async function admitPress(raw: unknown, frameId: string | undefined, take: Inbox): Promise<Json> {
    const press = readPress(raw);
    if (press === undefined) return {};
    const { outTrackId, actionId = '' } = press;
    const card = presses.cardOf(outTrackId);
    const button = press.button ?? card?.buttons.find(({ kind }) => kind === actionId)?.id;
    const answered = presses.begin(outTrackId);
    const done = new AbortController();
    try {
      const admitted = admit(decodeAction(raw, { button, frameId, place: card?.place }), take);
      const late = clock.sleep(PRESS_ANSWER_MS, done.signal).then(() => undefined);
      return toastAnswer(await Promise.race([admitted, late]));
    } finally {
      done.abort();
      answered();
    }
  }

  return {
    message: (raw) =>
      gate.enter(async (take) => {
        await admit(decodeMessage(raw, { ...context, receivedAt: clock.now() }), take);
        log.trace({ msgId: readText(raw, 'msgId') }, 'dingtalk message admitted');
      }),
    press: (raw, frameId) => gate.enter((take) => admitPress(raw, frameId, take)),
    open: gate.open,
    close: gate.close,
  };
}

/** DingTalk has no toast for callbacks, so the sentence stands in the card, for the presser only. */
function toastAnswer(toast: string | undefined): Json {
  if (toast === undefined) return {};
  return {
    cardUpdateOptions: { updateCardDataByKey: true, updatePrivateDataByKey: true },
    userPrivateData: { cardParamMap: { toast } },
  };
}
