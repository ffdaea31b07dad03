import type { Inbox } from '../../src/contract/inbound.ts';
import type { Clock, Logger } from '../../src/contract/runtime.ts';
import { createInboxGate, type InboxGate } from '../shared/inbox-gate.ts';
import { readText } from '../shared/json.ts';
import { decodeEvent } from './decode/event.ts';

/** What Feishu gets back for an event it delivered; a button press may show a toast. */
export type IntakeAnswer = { readonly toast?: { readonly type: 'info'; readonly content: string } };

/**
 * Where both modes put a verified event. Resolves once it is durably admitted (or of no use): only then it may be
 * acknowledged. Rejects when it must not be, so that Feishu delivers it again.
 */
export type Intake = {
  readonly receive: (raw: unknown) => Promise<IntakeAnswer>;
} & Pick<InboxGate, 'open' | 'close'>;

type IntakeOptions = {
  readonly clock: Clock;
  readonly log: Logger;
  /** Undefined until the platform was asked: without it nobody can tell who was mentioned. */
  readonly botOpenId: () => string | undefined;
};

export function createIntake({ clock, log, botOpenId }: IntakeOptions): Intake {
  const gate = createInboxGate(clock);

  async function admit(raw: unknown, take: Inbox): Promise<IntakeAnswer> {
    const self = botOpenId();
    if (self === undefined) throw new Error('not ready: the bot does not know its own open_id yet');
    const decoded = decodeEvent(raw, { botOpenId: self, receivedAt: clock.now() });
    if ('ignored' in decoded) {
      log.debug(
        {
          reason: decoded.ignored,
          event: readText(raw, 'header', 'event_type'),
          id: readText(raw, 'header', 'event_id'),
        },
        'feishu event ignored',
      );
      return {};
    }
    const { toast } = await take(decoded.event);
    return toast === undefined ? {} : { toast: { type: 'info', content: toast } };
  }

  return {
    receive: (raw) => gate.enter((take) => admit(raw, take)),
    open: gate.open,
    close: gate.close,
  };
}
