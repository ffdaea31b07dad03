import { setImmediate } from 'node:timers/promises';
import type { RawData, WebSocket } from 'ws';
import { isObject, parseJson, stringOf, type JsonObject } from '../../feishu/json.ts';
import type { ApiCall, CallNotes } from '../calls.ts';
import { WeComFault } from '../fault.ts';
import type { FaultQueue } from '../fault-queue.ts';
import type { Platform } from '../platform.ts';
import type { FrameFault } from './frame-fault.ts';

/** A frame of the client after the gateway. */
export type Command = {
  readonly name: string;
  readonly reqId: string;
  readonly body: JsonObject;
  readonly connection: SimConnection;
  readonly note: (notes: CallNotes) => void;
};

/** One open long connection and what can go wrong with it. */
export type SimConnection = {
  readonly id: string;
  readonly openedMs: number;
  /** `none`: not subscribed yet, or silently forgotten by the platform. */
  readonly subscribed: () => boolean;
  setSubscribed(subscribed: boolean): void;
  /** Sends a frame with a `cmd`. */
  push(cmd: string, reqId: string, body: JsonObject): void;
  /** Cuts the TCP connection. */
  drop(): void;
  /** Closes in an orderly way. */
  kick(): void;
  /** Stays open but neither answers nor sends anything again. */
  halfOpen(): void;
  /** Sends any text. */
  sendRaw(text: string): void;
};

export type ConnectionOptions = {
  readonly platform: Platform;
  readonly faults: FaultQueue<FrameFault>;
  /** Applies the frame; gives the `body` of the answer, throws a `WeComFault` to refuse. */
  readonly handle: (command: Command) => JsonObject | undefined;
};

type Verdict = { readonly code: number; readonly message: string; readonly body: JsonObject | undefined };

const granted: Verdict = { code: 0, message: 'ok', body: undefined };
const noAnswer: Verdict = { code: -1, message: 'not answered', body: undefined };
const unanswered: readonly FrameFault['kind'][] = ['lost', 'no-ack', 'drop-before', 'drop-after'];
const withoutEffect: readonly FrameFault['kind'][] = ['lost', 'swallow', 'drop-before'];

export function createConnection(socket: WebSocket, options: ConnectionOptions): SimConnection {
  const { platform, faults } = options;
  const { rules, clock } = platform;
  /** The last acknowledgement of each req_id that has one on its way: they leave in order. */
  const leaving = new Map<string, Promise<void>>();
  let silent = false;
  let subscribed = false;
  let lastHeardMs = platform.now();

  const connection: SimConnection = {
    id: platform.ids.hex(16),
    openedMs: platform.now(),
    subscribed: () => subscribed,
    setSubscribed(value) {
      subscribed = value;
      platform.changes.emit({ type: 'connections-changed' });
    },
    push: (cmd, reqId, body) => send({ cmd, headers: { req_id: reqId }, body }),
    drop: () => socket.terminate(),
    kick: () => socket.close(1000, 'kicked'),
    halfOpen() {
      silent = true;
    },
    sendRaw: (text) => socket.send(text),
  };

  function send(frame: JsonObject): void {
    if (!silent && socket.readyState === socket.OPEN) socket.send(JSON.stringify(frame));
  }

  function receive(text: string): void {
    lastHeardMs = platform.now();
    const frame = parseJson(text);
    const headers = isObject(frame) ? frame['headers'] : undefined;
    const reqId = isObject(headers) ? stringOf(headers['req_id']) : undefined;
    if (!isObject(frame) || reqId === undefined) {
      send({ headers: { req_id: reqId ?? '' }, errcode: 40058, errmsg: 'invalid frame' });
      return;
    }
    const name = stringOf(frame['cmd']) ?? '';
    const body = isObject(frame['body']) ? frame['body'] : {};
    serve({ name, reqId, body }, Buffer.byteLength(text));
  }

  function serve(frame: Pick<Command, 'name' | 'reqId' | 'body'>, requestBytes: number): void {
    const fault = faults.take(frame.name);
    const notes: CallNotes = fault?.kind === 'swallow' ? { unseen: 'fault' } : {};
    const verdict = judge(frame, fault, notes);
    const answered = fault === undefined || !unanswered.includes(fault.kind);
    record(frame, answered ? verdict : noAnswer, requestBytes, fault, notes);
    if (fault?.kind === 'drop-before' || fault?.kind === 'drop-after') return connection.drop();
    if (!answered) return;
    void acknowledge(frame.reqId, verdict, fault);
  }

  function judge(
    frame: Pick<Command, 'name' | 'reqId' | 'body'>,
    fault: FrameFault | undefined,
    notes: CallNotes,
  ): Verdict {
    if (fault?.kind === 'code')
      return { code: fault.code, message: fault.message ?? 'injected fault', body: undefined };
    if (fault !== undefined && withoutEffect.includes(fault.kind)) return granted;
    // Two updates of one answer at a time conflict; the second is refused, and says so after the first was answered.
    if (leaving.has(frame.reqId)) return { code: 6000, message: 'data version conflict', body: undefined };
    try {
      const note = (more: CallNotes): unknown => Object.assign(notes, more);
      return { ...granted, body: options.handle({ ...frame, connection, note }) };
    } catch (error) {
      if (error instanceof WeComFault) return { code: error.code, message: error.message, body: undefined };
      // Never seen unless the simulator itself is wrong; then it must be seen.
      return { code: -2, message: `simulator defect: ${String(error)}`, body: undefined };
    }
  }

  function record(
    { name, reqId }: Pick<Command, 'name' | 'reqId'>,
    { code, message }: Verdict,
    requestBytes: number,
    fault: FrameFault | undefined,
    notes: CallNotes,
  ): void {
    const call: ApiCall = {
      channel: 'long-connection',
      api: name,
      arrivedMs: platform.now(),
      durationMs: fault?.kind === 'late-ack' ? fault.milliseconds : rules.limits.ackMs,
      code,
      message,
      requestBytes,
      reqId,
      ...(fault === undefined ? {} : { fault: fault.kind }),
      ...notes,
    };
    platform.calls.record(call);
    platform.changes.emit({ type: 'call-made', call });
  }

  async function acknowledge(reqId: string, verdict: Verdict, fault: FrameFault | undefined): Promise<void> {
    const before = leaving.get(reqId);
    const acknowledged = (async () => {
      const waitMs = fault?.kind === 'late-ack' ? fault.milliseconds : rules.limits.ackMs;
      if (waitMs > 0) await clock.sleep(waitMs, platform.stopped);
      // Until the next turn of the loop the frame is in flight: what was sent right behind it is here by then.
      await setImmediate();
      await before;
      const { code, message, body } = verdict;
      const frame = { headers: { req_id: reqId }, errcode: code, errmsg: message };
      send(body === undefined ? frame : { ...frame, body });
      if (fault?.kind === 'duplicate-ack') send(frame);
    })();
    leaving.set(reqId, acknowledged);
    await acknowledged;
    if (leaving.get(reqId) === acknowledged) leaving.delete(reqId);
  }

  /** Closes the connection once the client has said nothing for the time it may. */
  async function watchSilence(closed: AbortSignal): Promise<void> {
    const { silenceMs } = rules.limits;
    while (silenceMs !== Infinity && !closed.aborted) {
      await clock.sleep(silenceMs - (platform.now() - lastHeardMs), closed);
      if (platform.now() - lastHeardMs >= silenceMs) socket.terminate();
    }
  }

  const closed = new AbortController();
  socket.on('message', (data) => {
    if (!silent) receive(textOf(data));
  });
  socket.on('error', () => socket.terminate());
  socket.on('close', () => closed.abort());
  void watchSilence(AbortSignal.any([closed.signal, platform.stopped]));
  return connection;
}

function textOf(data: RawData): string {
  if (Array.isArray(data)) return Buffer.concat(data).toString('utf8');
  return (Buffer.isBuffer(data) ? data : Buffer.from(data)).toString('utf8');
}
