import type { Adapter } from '../contract/adapter.ts';
import type { CallUrgency } from '../contract/budget.ts';
import { AdapterError, type AdapterErrorCode } from '../contract/errors.ts';
import type { ReplyHandle, ReplyTarget } from '../contract/ids.ts';
import type { Button, FactBlock, ReplyOutcome, ReplySink, Snapshot } from '../contract/reply.ts';
import type { Clock, Logger } from '../contract/runtime.ts';
import { createAnswerText, type Share } from './answer-text.ts';
import type { Pace } from './pace.ts';
import { createPacedWriter } from './paced-writer.ts';
import { mayPass, persist } from './persist.ts';
import { preview } from './preview.ts';

/** One reply on the platform, as it is stored with the turn. */
export type ShownPart = {
  readonly handle: ReplyHandle;
  readonly start: number;
  readonly end?: number;
  readonly closed: boolean;
};

/** What the last snapshot shows beside the text. */
export type Finish = {
  readonly status: ReplyOutcome['status'];
  readonly notice?: string;
  readonly footer?: string;
  readonly thinking?: string;
  readonly thinkingTitle?: string;
  readonly buttons: readonly Button[];
  readonly facts?: readonly FactBlock[];
};

/** `delivered`: the platform confirmed the last edit. `gone`: nobody is there to read it. `undeliverable`: it refuses. */
export type Delivery = 'delivered' | 'gone' | 'undeliverable';

export type LiveReplyOptions = {
  readonly adapter: Adapter;
  readonly target: ReplyTarget;
  /** Unique for the turn; with the part's number it is the idempotency key of opening. */
  readonly key: string;
  /** An earlier process may have opened the first part without having stored it. */
  readonly maybeOpen: boolean;
  /** The parts an earlier process had opened; the last of them is gone on in. */
  readonly resume: readonly ShownPart[];
  readonly progress: string;
  /** What the chat list shows while the reply grows. */
  readonly runningPreview: string;
  /** False: nothing is shown before `goLive` or the end, which then comes in as few platform calls as possible. */
  readonly live: boolean;
  /** Beside the growing text, while it runs. */
  readonly runningButtons: readonly Button[];
  /** What replaces the text when the platform finally refuses it, by the code with which it does. */
  readonly refusalNotices: Readonly<Partial<Record<AdapterErrorCode, string>>>;
  readonly pace: Pick<Pace, 'level' | 'intervalMs'>;
  readonly clock: Clock;
  readonly random: () => number;
  readonly log: Logger;
  /** Ends all waiting: the process is about to die. */
  readonly signal: AbortSignal;
  /** Stores the parts; awaited before the next platform call. Must not reject. */
  readonly onParts: (parts: readonly ShownPart[]) => Promise<void>;
  /** The platform accepted an opening or an edit; `text`: with words of the answer. */
  readonly onShown: (step: 'opened' | 'edited', text: boolean) => void;
  /** The place to answer in has vanished: whatever makes the answer may stop. */
  readonly onGone: () => void;
};

export type LiveReply = {
  /** From now on what there is is shown, as far as the platform allows. */
  goLive(): void;
  /** The line shown until the first word. */
  progress(line: string): void;
  append(text: string): void;
  /** What was shown was not the answer; the next `append` starts from nothing. */
  clear(): void;
  text(): string;
  /** Resolves when what is there now is shown, or cannot be for the moment. */
  shown(): Promise<void>;
  /** Shows the end, however long the platform makes us wait, and says what became of it. Call once. */
  finish(finish: Finish): Promise<Delivery>;
};

type Edit = { readonly waiting: AbortSignal; readonly leaving: () => void };

type Part = { readonly index: number; readonly handle?: ReplyHandle; sink?: ReplySink; closed: boolean };

/** The idempotency key of opening a turn's part. */
export function openingKey(turn: string, part: number): string {
  return `${turn}-${part}`;
}

/** The turn an opening key belongs to. */
export function turnOfOpeningKey(key: string): string {
  return key.replace(/-\d+$/, '');
}

/** One answer on the screen: opened at once, growing as text comes, rolled over when full, closed exactly once. */
export function createLiveReply(options: LiveReplyOptions): LiveReply {
  const { adapter, clock, log, signal } = options;
  const answer = createAnswerText(adapter.capabilities);
  const parts: Part[] = options.resume.map(({ handle, closed }, index) => ({ index, handle, closed }));
  if (parts.length === 0) parts.push({ index: 0, closed: false });
  let progress = options.progress;
  let finish: Finish | undefined;
  let gone = false;
  let edits = 0;

  const current = (): Part => parts[parts.length - 1] ?? { index: 0, closed: false };
  const shareOf = (part: Part): Share =>
    answer.shares()[part.index] ?? { start: answer.whole().length, end: undefined };

  function snapshot(part: Part): Snapshot {
    const share = shareOf(part);
    const ended = share.end !== undefined || finish !== undefined;
    const markdown = adapter.render(answer.markdown(share), ended);
    const last = share.end === undefined;
    const end = last ? finish : undefined;
    return {
      markdown,
      ...(ended ? {} : { progress }),
      ...(part.index === 0 && finish?.thinking !== undefined ? { thinking: finish.thinking } : {}),
      ...(finish?.thinkingTitle === undefined ? {} : { thinkingTitle: finish.thinkingTitle }),
      ...(end?.notice === undefined ? {} : { notice: end.notice }),
      ...(end?.footer === undefined ? {} : { footer: end.footer }),
      ...(end?.facts === undefined ? {} : { facts: end.facts }),
      buttons: end?.buttons ?? (last ? options.runningButtons : []),
      // A platform may keep what the first state said for as long as the reply grows, so it must stay true.
      preview: finish === undefined ? options.runningPreview : preview(markdown, end?.notice ?? progress),
    };
  }

  const store = (): Promise<void> =>
    options.onParts(
      parts.flatMap((part) => {
        const handle = part.sink?.handle ?? part.handle;
        const { start, end } = shareOf(part);
        return handle === undefined
          ? []
          : [{ handle, start, ...(end === undefined ? {} : { end }), closed: part.closed }];
      }),
    );

  async function open(part: Part, maybeSent: boolean, whole?: ReplyOutcome['status']): Promise<ReplySink> {
    if (part.handle !== undefined) return (part.sink = await adapter.resumeReply(part.handle, signal));
    const key = openingKey(options.key, part.index);
    const opening = { target: options.target, first: snapshot(part), key, maybeSent };
    const sink = await adapter.openReply(whole === undefined ? opening : { ...opening, whole }, signal);
    options.onShown('opened', opening.first.markdown !== '');
    part.sink = sink;
    if (whole !== undefined) part.closed = true;
    await store();
    return sink;
  }

  async function close(sink: ReplySink, outcome: ReplyOutcome): Promise<void> {
    await sink.close(outcome, signal);
    options.onShown('edited', outcome.snapshot.markdown !== '');
  }

  /** The current part is full: show it whole, close it and make the next one current. */
  async function rollOver(part: Part, sink: ReplySink): Promise<void> {
    await close(sink, { status: 'continued', snapshot: snapshot(part) });
    part.closed = true;
    parts.push({ index: part.index + 1, closed: false });
    await store();
  }

  let maybeOpen = options.maybeOpen;
  /** One step towards showing what is there now. */
  async function write(urgency: CallUrgency, waiting: AbortSignal, leaving: () => void): Promise<void> {
    const edit: Edit = { waiting, leaving };
    const part = current();
    if (part.sink === undefined) {
      leaving();
      const sink = await open(part, maybeOpen && part.index === 0);
      if (part.handle !== undefined) await update(part, sink, urgency, edit);
      return;
    }
    if (shareOf(part).end === undefined) return update(part, part.sink, urgency, edit);
    leaving();
    await rollOver(part, part.sink);
    await open(current(), false);
  }

  /** Until it leaves, an edit gives way to the end or to something more urgent; once left it is waited for. */
  async function update(part: Part, sink: ReplySink, urgency: CallUrgency, edit: Edit): Promise<void> {
    let sent: Snapshot | undefined;
    const latest = (): Snapshot => {
      edit.leaving();
      edits += 1;
      sent = snapshot(part);
      return sent;
    };
    await sink.update(latest, urgency, AbortSignal.any([signal, edit.waiting]));
    if (sent !== undefined) options.onShown('edited', sent.markdown !== '');
  }

  function onWriteError(error: unknown): 'continue' | 'stop' {
    if (error instanceof AdapterError && error.sent === 'maybe') maybeOpen = true;
    if (error instanceof AdapterError && error.code === 'target-gone') {
      gone = true;
      options.onGone();
      return 'stop';
    }
    const again = mayPass(error);
    log.warn(
      { step: current().sink === undefined ? 'open' : 'update', error },
      'an edit did not get through',
    );
    // Without a reply there is nothing to see; an edit that failed is made good by the next one, or by the end.
    return again ? 'continue' : 'stop';
  }

  const writer = createPacedWriter({
    write,
    intervalMs: () => options.pace.intervalMs(edits),
    clock,
    onError: onWriteError,
  });
  let live = false;
  function goLive(): void {
    live = adapter.capabilities.updates !== 'final-only' && options.pace.level() !== 'final-only';
    if (live) writer.touch('first');
  }
  if (options.live) goLive();

  async function closeAll(): Promise<void> {
    const again = { clock, random: options.random, log, signal };
    for (;;) {
      const part = current();
      const full = shareOf(part).end !== undefined;
      if (part.sink === undefined && part.handle === undefined && !full && finish !== undefined) {
        const { status } = finish;
        await persist({ ...again, step: 'open' }, (maybeDone) =>
          open(part, maybeDone || (maybeOpen && part.index === 0), status),
        );
        return;
      }
      const sink =
        part.sink ??
        (await persist({ ...again, step: 'open' }, (maybeDone) => open(part, maybeDone || maybeOpen)));
      if (!full && finish !== undefined) {
        const { status } = finish;
        await persist({ ...again, step: 'close' }, () => close(sink, { status, snapshot: snapshot(part) }));
        part.closed = true;
        // No platform call follows, so it is not waited for: it shares the commit that says the reply was shown.
        void store();
        return;
      }
      await persist({ ...again, step: 'close' }, () => rollOver(part, sink));
    }
  }

  async function closeWithRefusalsHandled(ending: Finish): Promise<Delivery> {
    try {
      await closeAll();
      return 'delivered';
    } catch (error) {
      if (!(error instanceof AdapterError)) throw error;
      log.error({ step: 'close', error }, 'the platform did not take the end of the reply');
      if (error.code === 'target-gone') return 'gone';
      const notice = options.refusalNotices[error.code];
      if (notice === undefined || ending.notice === notice) return 'undeliverable';
      // Better a sentence than a reply that spins for ever: the text goes, the log has the cause.
      answer.clear();
      return finishWith({ status: 'failed', notice, buttons: ending.buttons });
    }
  }

  async function finishWith(ending: Finish): Promise<Delivery> {
    finish = ending;
    return gone ? 'gone' : closeWithRefusalsHandled(ending);
  }

  return {
    goLive,
    progress(line) {
      if (line === progress) return;
      progress = line;
      if (live) writer.touch('live');
    },
    append(text) {
      const first = answer.whole() === '';
      answer.append(text);
      if (live) writer.touch(first ? 'first' : 'live');
    },
    clear() {
      if (current().index > 0) return;
      answer.clear();
    },
    text: () => answer.whole(),
    shown: () => writer.idle(),
    async finish(ending) {
      await writer.stop();
      return finishWith(ending);
    },
  };
}
