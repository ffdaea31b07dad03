import type { Clock } from '../../../src/contract/runtime.ts';
import { abortedUnderWay, notConnected, refused, toAdapterError, unacknowledged } from '../api.ts';
import { NOT_SUBSCRIBED, readRefusal } from '../error-codes.ts';

/** One command of ours on the long connection. `body` is asked once, at the moment the frame leaves. */
export type BotCommand = {
  readonly cmd: string;
  /** The callback's for replies, one of our own otherwise. */
  readonly reqId: string;
  readonly body: () => object;
};

/** What the platform answered a frame with. */
export type Verdict = { readonly errcode: number | undefined; readonly errmsg: string | undefined };

/** Sends frames over whatever connection there is at the moment and matches acknowledgements to them. */
export type BotLink = {
  /** Resolves with the platform's yes; rejects with `AdapterError` only. */
  send(command: BotCommand, signal: AbortSignal): Promise<void>;
  connected(): boolean;
  /** A connection is subscribed. `onForgotten`: the platform says that it knows of no subscription. */
  attach(transmit: (text: string) => void, onForgotten: () => void): void;
  /** The connection is over: what waits for an acknowledgement will get none. */
  detach(): void;
  acknowledge(reqId: string, verdict: Verdict): void;
};

/** Acknowledgements take a moment; some were seen after 5 s, where the official SDK has given up. */
const ACK_TIMEOUT_MS = 8_000;
/** How long a second acknowledgement is waited for where the first may belong to an earlier frame. */
const STRAY_WAIT_MS = 1_000;
/** Request ids with acknowledgements outstanding; older ones are forgotten. */
const MAX_LINES = 1_000;

/** One req_id: frames go out one after another. `strays`: frames given up whose acknowledgement may still come. */
type Line = { tail: Promise<unknown>; users: number; strays: number; waiting: Waiting | undefined };
/** Answers may come several at once; `wake` tells that there is one. */
type Waiting = { readonly verdicts: (Verdict | 'lost')[]; wake: () => void };
type Attached = { readonly transmit: (text: string) => void; readonly onForgotten: () => void };

/**
 * Acknowledgements name only the req_id, and a second frame of one stream in flight is refused (6000): so there is one in
 * flight for each req_id, and the answer that comes is taken for its own only if no earlier frame went unanswered.
 */
export function createBotLink(clock: Clock): BotLink {
  const lines = new Map<string, Line>();
  let attached: Attached | undefined;

  function lineOf(reqId: string): Line {
    const known = lines.get(reqId);
    if (known !== undefined) return known;
    for (const [oldest, { users }] of lines) {
      if (lines.size < MAX_LINES) break;
      if (users === 0) lines.delete(oldest);
    }
    const line: Line = { tail: Promise.resolve(), users: 0, strays: 0, waiting: undefined };
    lines.set(reqId, line);
    return line;
  }

  /** `undefined` when nothing came in time. */
  async function nextVerdict(waiting: Waiting, withinMs: number): Promise<Verdict | 'lost' | undefined> {
    const over = new AbortController();
    waiting.wake = () => {
      over.abort();
    };
    if (waiting.verdicts.length === 0) await clock.sleep(withinMs, over.signal);
    return waiting.verdicts.shift();
  }

  async function exchange({ cmd, reqId, body }: BotCommand, line: Line): Promise<void> {
    if (attached === undefined) throw notConnected(cmd, 'no');
    const { transmit, onForgotten } = attached;
    const waiting: Waiting = { verdicts: [], wake: () => undefined };
    line.waiting = waiting;
    transmit(JSON.stringify({ cmd, headers: { req_id: reqId }, body: body() }));
    let verdict = await nextVerdict(waiting, ACK_TIMEOUT_MS);
    while (line.strays > 0 && verdict !== undefined && verdict !== 'lost') {
      const later = await nextVerdict(waiting, STRAY_WAIT_MS);
      if (later === undefined) break;
      line.strays -= 1;
      verdict = later;
    }
    line.waiting = undefined;
    if (verdict === 'lost') throw notConnected(cmd, 'maybe');
    if (verdict === undefined) {
      line.strays += 1;
      throw unacknowledged(cmd);
    }
    const refusal = readRefusal(verdict.errcode, verdict.errmsg);
    if (refusal?.errcode === NOT_SUBSCRIBED) onForgotten();
    if (refusal !== undefined) throw refused(cmd, refusal);
  }

  /** Others may go on with this req_id only once the frame is answered or given up, whoever has stopped waiting for it. */
  async function inLine(command: BotCommand, signal: AbortSignal): Promise<void> {
    const line = lineOf(command.reqId);
    const before = line.tail;
    line.users += 1;
    const { promise, resolve: leave } = Promise.withResolvers<undefined>();
    line.tail = before.then(() => promise);
    try {
      await before;
      signal.throwIfAborted();
      await exchange(command, line);
    } catch (error) {
      throw toAdapterError(command.cmd, error, signal, false);
    } finally {
      leave(undefined);
      line.users -= 1;
      if (line.users === 0 && line.strays === 0) lines.delete(command.reqId);
    }
  }

  return {
    send(command, signal) {
      return orAborted(inLine(command, signal), command.cmd, signal);
    },
    connected: () => attached !== undefined,
    attach(transmit, onForgotten) {
      attached = { transmit, onForgotten };
    },
    detach() {
      attached = undefined;
      for (const [reqId, line] of lines) {
        line.strays = 0;
        tell(line.waiting, 'lost');
        if (line.users === 0) lines.delete(reqId);
      }
    },
    acknowledge(reqId, verdict) {
      const line = lines.get(reqId);
      if (line?.waiting !== undefined) tell(line.waiting, verdict);
      else if (line !== undefined && line.strays > 0) {
        line.strays -= 1;
        if (line.users === 0 && line.strays === 0) lines.delete(reqId);
      }
    },
  };
}

function tell(waiting: Waiting | undefined, verdict: Verdict | 'lost'): void {
  waiting?.verdicts.push(verdict);
  waiting?.wake();
}

/** The caller's wait ends with the signal; a frame that has left may still have its effect. */
async function orAborted(sending: Promise<void>, cmd: string, signal: AbortSignal): Promise<void> {
  const { promise: aborted, reject } = Promise.withResolvers<never>();
  const abort = (): void => {
    reject(abortedUnderWay(cmd));
  };
  if (signal.aborted) abort();
  signal.addEventListener('abort', abort, { once: true });
  sending.catch(() => undefined); // told below, unless the caller has left
  try {
    await Promise.race([aborted, sending]);
  } finally {
    signal.removeEventListener('abort', abort);
  }
}
