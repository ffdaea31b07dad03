import type { InboundMessage } from '../contract/inbound.ts';
import type { Clock, Logger } from '../contract/runtime.ts';
import type { Store } from '../store/store.ts';
import { createSharedCode, openCodeFile } from './admin-code-place.ts';
import { lookForCode } from './code-in-text.ts';
import { newAdminCode } from './ids.ts';
import type { PolicyBook } from './policy.ts';
import { shortId, type AdmissionNotice, type Turn } from './turn.ts';

/** Stands in `administrators.added_by` for the first one. */
export const addedByCode = 'code';

/** What is said to a message that holds the code. */
export type CodeNotice = Extract<
  AdmissionNotice['code'],
  'administrator-claimed' | 'admin-code-used' | 'admin-code-exposed' | 'admin-code-unproven'
>;

/**
 * While there is no administrator, a one-time code lies in a file that only who runs the service can read; whoever sends
 * it to the bot in a direct chat becomes the first one.
 */
export type AdminCode = {
  /** What a message becomes that holds the code; undefined for every other one. No I/O. */
  readonly look: (message: InboundMessage) => CodeNotice | undefined;
  /**
   * Does what the admitted turn says, before it is said: makes its sender administrator, or replaces a code that others
   * have seen. Gives back the turn with what holds by now. Doing it again changes nothing.
   */
  readonly settle: (turn: Turn) => Promise<Turn>;
  /** Keeps the file of the one process, of all on the database, that leads; until the signal aborts. */
  readonly lead: (signal: AbortSignal) => Promise<void>;
};

export type AdminCodeOptions = {
  readonly file: string;
  readonly policy: Pick<PolicyBook, 'current' | 'reload' | 'addAdministrator' | 'setSetting'>;
  /** Several processes share the database: the code is stored there, and the file is the leader's. */
  readonly severalProcesses?: boolean;
  readonly store: Pick<Store, 'audit'>;
  readonly clock: Clock;
  readonly randomByte: () => number;
  readonly log: Logger;
};

/** Puts the code there, or keeps the one that is; deletes it once there is an administrator. */
export async function openAdminCode(options: AdminCodeOptions): Promise<AdminCode> {
  const { file, policy, store, clock, log, severalProcesses = false } = options;
  const kept = severalProcesses ? createSharedCode(options) : await openCodeFile(file, log);
  /** A code that others have seen: it makes nobody administrator any more, and is about to be replaced. */
  let exposed: string | undefined;
  let settling: Promise<unknown> = Promise.resolve();

  const administrators = () => [...policy.current().configured.admins, ...policy.current().administrators];

  function fresh(): string {
    const code = newAdminCode(options.randomByte);
    log.addSecret(code);
    return code;
  }

  /** Never rejects: questions can be answered without an administrator. */
  async function lead(signal: AbortSignal): Promise<void> {
    try {
      await kept.lead(() => administrators().length === 0, fresh, signal);
    } catch (error) {
      log.error({ file, error }, 'the code of the first administrator could not be written');
    }
  }

  async function claim(turn: Turn): Promise<Turn> {
    const { place, sender } = turn.message;
    const person = { platform: place.platform, id: sender.key };
    const known = administrators();
    const itself = known.some(({ platform, id }) => platform === person.platform && id === person.id);
    if (known.length > 0 && !itself) return { ...turn, notice: { code: 'admin-code-used' } };
    if (!itself) {
      const addedAt = clock.now().getTime();
      await policy.addAdministrator({ ...person, addedAt, addedBy: addedByCode });
    }
    await kept.forget();
    return turn;
  }

  async function settleOne(turn: Turn): Promise<Turn> {
    // Another process may have one by now.
    await policy.reload();
    const claims = turn.notice?.code === 'administrator-claimed';
    const settled = claims ? await claim(turn) : turn;
    if (!claims && administrators().length === 0) await kept.replace(fresh());
    const { place, sender } = turn.message;
    const said = settled.notice?.code ?? '';
    await store.audit.write({
      id: turn.id,
      at: clock.now().getTime(),
      platform: place.platform,
      person: sender.key,
      act: 'admin-code',
      allowed: said === 'administrator-claimed',
      detail: `${shortId(turn.id)} ${said}`,
    });
    log.warn({ turn: shortId(turn.id), outcome: said }, 'the code of the first administrator was sent');
    return settled;
  }

  // Of several processes the leader does it.
  if (!severalProcesses) await lead(new AbortController().signal);
  return {
    lead,
    look(message) {
      const code = kept.current();
      if (code === undefined || administrators().length > 0) return undefined;
      const held = lookForCode(message.text, code);
      if (held === 'no') return undefined;
      const proven = message.forgeable !== true && message.sender.key !== '';
      if (held === 'whole' && message.place.kind === 'direct' && proven && exposed !== code)
        return 'administrator-claimed';
      exposed = code;
      return held === 'whole' && message.place.kind === 'direct' && !proven
        ? 'admin-code-unproven'
        : 'admin-code-exposed';
    },
    settle(turn) {
      const settled = settling.then(() => settleOne(turn));
      // One after the other: the first who claims it is the only one.
      settling = settled.catch(() => undefined);
      return settled;
    },
  };
}

const codeNotices: ReadonlySet<string> = new Set<CodeNotice>([
  'administrator-claimed',
  'admin-code-used',
  'admin-code-exposed',
  'admin-code-unproven',
]);

/** Whether a turn with this notice is to be settled before it is said. */
export function isAboutCode({ code }: AdmissionNotice): boolean {
  return codeNotices.has(code);
}
