import type { ServerResponse } from 'node:http';
import { type ChunkMaker, type Piece } from './chunks.ts';
import { engineDeadMessage, errorEvent } from './errors.ts';
import type { FrameWriter } from './frames.ts';
import type { Profile } from './profiles.ts';
import { splitIntoTokens } from './tokens.ts';
import { preciseNow, type Ticker } from './ticker.ts';
import type {
  Answer,
  ChatQuestion,
  Fault,
  ReasoningWire,
  RecordedRequest,
  Speed,
  WireStyle,
} from './types.ts';

export type StreamOptions = {
  readonly response: ServerResponse;
  readonly record: RecordedRequest;
  readonly profile: Profile;
  readonly question: ChatQuestion;
  readonly answer: Answer;
  readonly fault: Fault | undefined;
  readonly speed: Speed;
  readonly wire: WireStyle;
  readonly frames: FrameWriter;
  readonly chunks: ChunkMaker;
  readonly reasoning: ReasoningWire;
  readonly includeUsage: boolean;
  readonly ticker: Ticker;
  readonly random: () => number;
  readonly onEngineDeath: () => void;
};

/** So many tokens leave in one tick at most, whatever the speed: 40,000 a second. */
const maxTokensPerTick = 200;

const resetDelayMs = 30;

/** Lets the tokens of one answer leave at the set speed, and does to the stream what the fault says. */
export function streamAnswer(options: StreamOptions): void {
  const { response, record, speed, frames, chunks, fault } = options;
  const plan = planTokens(options);
  // Engines send the role with the first output, not when the request comes in.
  const role = startsWithError(fault) ? undefined : chunks.role();
  if (fault?.type === 'stall-before-first-token') {
    if (role !== undefined) frames.events([role]);
    return;
  }
  if (fault?.type === 'only-done') {
    frames.end(['[DONE]']);
    return;
  }
  let sent = 0;
  let faultDone = false;
  let due = preciseNow() + speed.firstTokenDelayMs + (options.answer.delayMs ?? 0);

  options.ticker.add((now) => {
    if (response.destroyed || response.writableEnded) return false;
    if (response.writableNeedDrain) return true;
    const batch: string[] = due <= now && sent === 0 && role !== undefined ? [role] : [];
    for (let taken = 0; taken < maxTokensPerTick && due <= now; taken += 1) {
      if (!faultDone && fault !== undefined && faultPosition(fault) === sent) {
        faultDone = true;
        frames.events(batch.splice(0));
        if (applyFault(fault, options)) return false;
      }
      const piece = plan.at(sent);
      if (piece === undefined) {
        frames.events(batch.splice(0));
        finish(options, plan.finishReason, sent);
        return false;
      }
      sent += 1;
      record.tokenTimes.push(now);
      const last = options.profile.finishWithLastToken && sent === plan.length;
      batch.push(chunks.piece(piece, sent, last ? plan.finishReason : undefined));
      due += (1000 / speed.tokensPerSecond) * (1 + speed.jitter * (2 * options.random() - 1));
    }
    frames.events(batch);
    return true;
  });
}

type TokenPlan = {
  readonly length: number;
  readonly finishReason: string;
  at(index: number): Piece | undefined;
};

function planTokens({ answer, question, reasoning, fault }: StreamOptions): TokenPlan {
  const pieces = piecesOf(answer, reasoning);
  if (fault?.type === 'endless') {
    const loop = splitIntoTokens(fault.text).map((text): Piece => ({ kind: 'text', text }));
    return { length: Infinity, finishReason: 'length', at: (index) => loop[index % loop.length] };
  }
  const length = Math.min(pieces.length, question.maxTokens);
  const cut = pieces.length > question.maxTokens;
  const finishReason = answer.finishReason ?? (cut ? 'length' : 'stop');
  return { length, finishReason, at: (index) => (index < length ? pieces[index] : undefined) };
}

/** The answer as the engine hands it out: reasoning in its own field, or between tags in the content. */
export function piecesOf({ text, reasoning }: Answer, wire: ReasoningWire): Piece[] {
  const texts = (content: string): Piece[] =>
    splitIntoTokens(content).map((token) => ({ kind: 'text', text: token }));
  if (reasoning === undefined) return texts(text);
  if (wire === 'inline' || wire === 'close-only') {
    return texts(`${wire === 'inline' ? '<think>\n' : ''}${reasoning}\n</think>\n\n${text}`);
  }
  return [
    ...splitIntoTokens(reasoning).map((token): Piece => ({ kind: 'reasoning', text: token })),
    ...texts(text),
  ];
}

function startsWithError(fault: Fault | undefined): boolean {
  return fault?.type === 'only-done' || (fault?.type === 'error-event' && fault.afterTokens === 0);
}

function faultPosition(fault: Fault): number | undefined {
  return 'afterTokens' in fault ? fault.afterTokens : undefined;
}

/** Returns true when the stream is over for the ticker. */
function applyFault(fault: Fault, options: StreamOptions): boolean {
  const { response, frames, profile, record } = options;
  switch (fault.type) {
    case 'noise':
      frames.line(fault.line);
      return false;
    case 'huge-line':
      frames.line(`data: {"padding":"${'x'.repeat(fault.bytes)}"}`);
      return false;
    case 'stall':
      return true;
    case 'reset':
      record.outcome = 'faulted';
      // A reset overtakes what the client has not read yet: the tokens before it get time to arrive.
      setTimeout(() => response.socket?.resetAndDestroy(), resetDelayMs);
      return true;
    case 'end-early':
      record.outcome = 'faulted';
      response.end();
      return true;
    case 'engine-death':
      record.outcome = 'faulted';
      frames.end([errorEvent(profile, engineDeadMessage, 500), '[DONE]']);
      options.onEngineDeath();
      return true;
    case 'error-event':
      record.outcome = 'faulted';
      writeError(fault, options);
      return true;
    case 'http':
    case 'html-stream':
    case 'only-done':
    case 'endless':
    case 'reset-before-headers':
    case 'stall-before-headers':
    case 'stall-before-first-token':
      return false;
  }
}

function writeError(
  fault: Extract<Fault, { type: 'error-event' }>,
  { frames, profile, chunks }: StreamOptions,
): void {
  const message = fault.message ?? 'CUDA out of memory';
  const event = errorEvent(profile, message, fault.code ?? 500);
  const done = fault.done ? ['[DONE]'] : [];
  switch (fault.form ?? 'object') {
    case 'object':
      frames.end([event, ...done]);
      return;
    case 'string':
      frames.end([JSON.stringify({ error: message }), ...done]);
      return;
    case 'error-line':
      frames.line(`error: ${event}`);
      frames.end(done);
      return;
    case 'empty-chunk':
      frames.end([chunks.piece({ kind: 'text', text: '' }, 0), ...done]);
      return;
  }
}

function finish(options: StreamOptions, finishReason: string, sent: number): void {
  const { frames, chunks, record, wire, profile } = options;
  record.outcome = 'finished';
  frames.end([
    ...(profile.finishWithLastToken && sent > 0 ? [] : [chunks.finish(finishReason, sent)]),
    ...(options.includeUsage ? [chunks.usage(sent)] : []),
    ...(wire.done ? ['[DONE]'] : []),
  ]);
}
