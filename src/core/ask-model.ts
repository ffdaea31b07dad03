import type { Clock } from '../contract/runtime.ts';
import type { Model, ModelDescription, ModelEnd, ModelQueued, ModelRequest } from '../model/types.ts';
import type { LiveReply } from '../reply/live-reply.ts';
import { progress } from '../reply/notices/progress.ts';
import type { Language } from '../store/store.ts';
import type { Trace } from './trace.ts';

/** The answer so far is stored this often, so that a crash loses little of what had been shown. */
const saveIntervalMs = 2_000;
/** The seconds beside "thinking" begin to count when a person begins to wonder. */
const countFromMs = 2_000;

export type Asked = {
  readonly end: ModelEnd;
  readonly reasoning: string;
  readonly server: ModelDescription | undefined;
  /** From asking to the first word of the answer. */
  readonly firstTextMs: number | undefined;
};

export type AskOptions = {
  readonly model: Model;
  readonly request: ModelRequest;
  readonly reply: Pick<LiveReply, 'progress' | 'append' | 'clear' | 'text'>;
  readonly language: Language;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  /** So many requests come before this one in the line of the model servers; 0: it is being served. */
  readonly onMoved: (ahead: number) => void;
  readonly trace: Pick<Trace, 'asked' | 'started' | 'token' | 'wasReasoning' | 'modelEnded'>;
  /** Called with the answer so far, at most once every two seconds; must not reject. */
  readonly onPartial: (text: string) => void;
  readonly onFirstText: () => void;
};

/** Shows that the model thinks, and for how long, until the returned function is called. */
function countSeconds({ reply, language, clock }: AskOptions): () => void {
  const stop = new AbortController();
  reply.progress(progress.thinking[language]);
  const startedAt = clock.now().getTime();
  const tick = async (): Promise<void> => {
    await clock.sleep(countFromMs, stop.signal);
    while (!stop.signal.aborted) {
      const passedMs = clock.now().getTime() - startedAt;
      reply.progress(progress.thinkingFor(Math.round(passedMs / 1000))[language]);
      await clock.sleep(1_000, stop.signal);
    }
  };
  void tick();
  return () => stop.abort();
}

/** How often the expected time of a wait is told anew. */
const countDownMs = 2_000;

/** Shows the place in line and what is left of the expected wait, until the returned function is called. */
function countDown({ reply, language, clock }: AskOptions, { ahead, expectedMs }: ModelQueued): () => void {
  const stop = new AbortController();
  const startedAt = clock.now().getTime();
  const tick = async (): Promise<void> => {
    for (let passedMs = 0; !stop.signal.aborted; passedMs = clock.now().getTime() - startedAt) {
      const leftMs = expectedMs === undefined ? 0 : expectedMs - passedMs;
      reply.progress(progress.waiting(ahead, leftMs > 0 ? leftMs : undefined)[language]);
      if (leftMs <= 0) return;
      await clock.sleep(Math.min(countDownMs, leftMs), stop.signal);
    }
  };
  void tick();
  return () => stop.abort();
}

/** Asks the model and lets the reply grow with its answer, from the first word to the one `end` event. */
export async function askModel(options: AskOptions): Promise<Asked> {
  const { model, request, reply, language, clock, signal, trace } = options;
  const startedAt = clock.now().getTime();
  trace.asked();
  let stopCounting = countSeconds(options);
  let reasoning = '';
  let server: ModelDescription | undefined;
  let firstTextMs: number | undefined;
  let savedAt = startedAt;
  let end: ModelEnd = { type: 'end', reason: 'truncated' };
  for await (const event of model.ask(request, signal)) {
    if (event.type === 'queued') {
      options.onMoved(event.ahead);
      stopCounting();
      stopCounting = event.ahead > 0 ? countDown(options, event) : countSeconds(options);
    } else if (event.type === 'start') {
      options.onMoved(0);
      server = event.server;
      trace.started(event);
    } else if (event.type === 'reasoning-delta') {
      trace.token(false);
      reasoning += event.text;
    } else if (event.type === 'text-was-reasoning') {
      trace.wasReasoning();
      reasoning += reply.text();
      reply.clear();
    } else if (event.type === 'end') end = event;
    else {
      trace.token(true);
      if (firstTextMs === undefined) reply.progress(progress.answering[language]);
      reply.append(event.text);
      const now = clock.now().getTime();
      if (firstTextMs === undefined) {
        firstTextMs = now - startedAt;
        stopCounting();
        options.onFirstText();
      }
      if (now - savedAt >= saveIntervalMs) {
        savedAt = now;
        options.onPartial(reply.text());
      }
    }
  }
  stopCounting();
  trace.modelEnded(end);
  return { end, reasoning, server, firstTextMs };
}
