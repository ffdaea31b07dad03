import { createBoundedList } from '../simulators/feishu/bounded-list.ts';
import { startQwenSimulator } from '../simulators/qwen/start.ts';
import { splitIntoTokens } from '../simulators/qwen/tokens.ts';
import type { ChatQuestion, QwenSimulator, RecordedRequest } from '../simulators/qwen/types.ts';
import type { Picture, View } from './pane.ts';
import { Refusal } from './pane.ts';
import { demoAnswer } from './stand-in-answer.ts';

export const modelModes = ['normal', 'slow', 'cut', 'restarting', 'down'] as const;
export type ModelMode = (typeof modelModes)[number];

export type SeenRequest = View & {
  readonly id: number;
  readonly text: string;
  /** When the first token of the text, not of the reasoning, left. */
  readonly firstTokenMs: number | undefined;
};

/** The stand-in for a Qwen server: every request it saw, and a switch for what goes wrong with it. */
export type StandInModel = {
  readonly simulator: QwenSimulator;
  mode(): ModelMode;
  setMode(mode: string): Promise<void>;
  requests(): readonly SeenRequest[];
  /** A picture as the model received it. */
  picture(request: number, index: number): Picture | undefined;
  stop(): Promise<void>;
};

export type StandInOptions = {
  readonly onRequest: (request: SeenRequest) => void;
  readonly onMode: (mode: ModelMode) => void;
};

const rememberedRequests = 60;
const watchIntervalMs = 150;
/** How long a restart of the stand-in takes; a real one loads weights for minutes. */
const restartMs = 15_000;
const usual = { firstTokenDelayMs: 350, tokensPerSecond: 32, jitter: 0.4 };
const slow = { firstTokenDelayMs: 7000, tokensPerSecond: 5, jitter: 0.3 };
const cut = { type: 'reset', afterTokens: 25 } as const;

/** Which token of an answer is the first of its text: before it there may be reasoning. */
type TextBegins = WeakMap<ChatQuestion, number>;

export async function startStandInModel({ onRequest, onMode }: StandInOptions): Promise<StandInModel> {
  const textBegins: TextBegins = new WeakMap();
  const simulator = await startQwenSimulator({
    speed: usual,
    async answer(question) {
      const answer = await demoAnswer(question);
      textBegins.set(question, splitIntoTokens(answer.reasoning ?? '').length);
      return answer;
    },
    memory: rememberedRequests,
  });
  const watched = watchRequests(simulator, textBegins, onRequest);
  let mode: ModelMode = 'normal';
  let restart: NodeJS.Timeout | undefined;

  async function setMode(wanted: string): Promise<void> {
    const known = modelModes.find((name) => name === wanted);
    if (known === undefined) throw new Refusal('没有这种故障 / no such fault');
    clearTimeout(restart);
    mode = known;
    onMode(known);
    simulator.setSpeed(known === 'slow' ? slow : usual);
    simulator.setFault(known === 'cut' ? cut : undefined);
    if (known === 'down') await simulator.goDown();
    else await simulator.comeBack();
    if (known === 'restarting') {
      // What was being answered is lost, then the port answers "loading" until the weights are in.
      await simulator.goDown();
      await simulator.comeBack();
      await simulator.goDown('loading');
      restart = setTimeout(() => void setMode('normal'), restartMs);
    }
  }

  return {
    simulator,
    mode: () => mode,
    setMode,
    requests: watched.all,
    picture: (request, index) => watched.picture(request, index),
    async stop() {
      clearTimeout(restart);
      watched.stop();
      await simulator.stop();
    },
  };
}

/** The simulator's records change while an answer streams, without telling; so they are looked at now and then. */
function watchRequests(
  simulator: QwenSimulator,
  textBegins: TextBegins,
  onRequest: (request: SeenRequest) => void,
) {
  const numbers = new WeakMap<RecordedRequest, number>();
  const seen = new Map<number, { readonly sign: string; readonly record: RecordedRequest }>();
  const shown = createBoundedList<SeenRequest>(rememberedRequests);
  let last = 0;

  function look(): void {
    for (const record of simulator.chats) {
      const id = numbers.get(record) ?? (last += 1);
      numbers.set(record, id);
      const sign = `${record.outcome} ${record.tokenTimes.length} ${record.question === undefined}`;
      if (seen.get(id)?.sign === sign) continue;
      seen.set(id, { sign, record });
      seen.delete(id - rememberedRequests);
      onRequest(viewRequest(id, record, textBegins));
    }
  }

  const timer = setInterval(look, watchIntervalMs);
  return {
    all: () => {
      shown.clear();
      for (const [id, { record }] of seen) shown.push(viewRequest(id, record, textBegins));
      return shown.all();
    },
    picture(request: number, index: number): Picture | undefined {
      const asked = seen.get(request)?.record.question?.messages.findLast(({ role }) => role === 'user');
      const image = asked?.images[index];
      return image === undefined ? undefined : { bytes: image.bytes, mime: image.mime };
    },
    stop: () => clearInterval(timer),
  };
}

const shownCharacters = 2000;

function viewRequest(id: number, record: RecordedRequest, textBegins: TextBegins): SeenRequest {
  const { question, tokenTimes } = record;
  const messages = question?.messages ?? [];
  const asked = messages.findLast(({ role }) => role === 'user');
  const first = tokenTimes[0];
  const last = tokenTimes.at(-1);
  return {
    id,
    atMs: record.at,
    model: question?.model,
    text: (asked?.text ?? '').slice(0, shownCharacters),
    order: asked?.order ?? [],
    images: (asked?.images ?? []).map(({ width, height, format, bytes, orientation }) => ({
      width,
      height,
      format,
      bytes: bytes.length,
      upright: orientation === undefined || orientation === 1,
    })),
    earlier: messages.filter(({ role }) => role === 'user').length - 1,
    system: messages.some(({ role }) => role === 'system'),
    promptTokens: question?.promptTokens,
    tokens: tokenTimes.length,
    firstTokenMs: question === undefined ? undefined : tokenTimes[textBegins.get(question) ?? 0],
    tokensPerSecond:
      first === undefined || last === undefined || last <= first
        ? undefined
        : Math.round(((tokenTimes.length - 1) * 1000) / (last - first)),
    status: record.status,
    outcome: record.outcome,
  };
}
