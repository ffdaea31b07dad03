import { startBridge, type Bridge } from '../e2e/feishu-bridge.ts';
import type { HttpFault } from '../simulators/feishu/http-faults.ts';
import { createRandom } from '../simulators/feishu/random.ts';
import type { SimChat, SimUser } from '../simulators/feishu/world-types.ts';
import { plainPicture } from '../support/pictures.ts';
import { findFaults, hasEnded, repliesTo, type Expected } from './kill-oracle.ts';

export type KillOptions = {
  /** The same seed asks the same and kills after the same times; what the machine does in between differs. */
  readonly seed: number;
  readonly rounds: number;
  readonly webhook: boolean;
  /** Whether some of the platform's answers get lost, late or wrong as well. */
  readonly troubledPlatform?: boolean;
  readonly onRound?: (round: number, killed: string) => void;
};

export type KillReport = {
  readonly messages: number;
  readonly kills: number;
  /** Presses of Retry that counted for certain. */
  readonly retries: number;
  /** Answers that had to be ended with a note instead of the whole text. */
  readonly interrupted: number;
  readonly faults: readonly string[];
};

const settleMs = 60_000;
const commands = ['/help', '/whoami', '/new', '/lang zh'];
/** The longest takes three cards and stays below the 8,192 tokens that one answer may have. */
const lineCounts = [1, 3, 60, 60, 150, 320];

/** The model's answer depends on nothing but the question, so that it can be known what must stand in the end. */
function answerTo(mark: string): string {
  const lines = lineCounts[Number.parseInt(mark.slice(1), 10) % lineCounts.length] ?? 1;
  return Array.from(
    { length: lines },
    (_, index) => `${mark} 第 ${index} 行 uncharacteristically misunderstood\n\n`,
  ).join('');
}

const apis: readonly [string, ...string[]] = [
  '*',
  'im.message.reply',
  'cardkit.card.create',
  'cardkit.card.batchUpdate',
  'cardkit.cardElement.content',
  'cardkit.card.settings',
  'cardkit.card.update',
];
const troubles: readonly [HttpFault, ...HttpFault[]] = [
  { kind: 'drop-after' },
  { kind: 'drop-before' },
  { kind: 'answer', status: 502, body: '<html>' },
  { kind: 'delay', milliseconds: 400 },
  { kind: 'code', code: 300120 },
];

const isRetry = ({ label }: { readonly label: string }): boolean => label === '重试';

type Place = { readonly chat: SimChat; readonly from: SimUser };

/** One series of kills under way, and everything that was said in it. */
type Series = {
  readonly options: KillOptions;
  readonly bridge: Bridge;
  readonly random: () => number;
  readonly places: readonly [Place, ...Place[]];
  readonly picture: Buffer;
  readonly all: Expected[];
  readonly askers: Map<string, SimUser>;
  kills: number;
};

const slow = { firstTokenDelayMs: 30, tokensPerSecond: 400 };
const fast = { firstTokenDelayMs: 5, tokensPerSecond: 4_000 };

/** Asks, kills at a random moment, starts again (at times kills that start, too), and looks what became of it all. */
export async function runKillRounds(options: KillOptions): Promise<KillReport> {
  const series = await beginSeries(options);
  const { bridge, all } = series;
  try {
    for (let round = 0; round < options.rounds; round += 1) {
      const killed = await oneRound(series);
      options.onRound?.(round, killed);
      const faults = findFaults(bridge.feishu, all);
      if (faults.length > 0) return report(series, faults);
    }
    return report(series, []);
  } catch (error) {
    const cause = error instanceof Error ? error.message : String(error);
    return report(series, [...findFaults(bridge.feishu, all), cause]);
  } finally {
    await bridge.stop();
  }
}

async function beginSeries(options: KillOptions): Promise<Series> {
  const bridge = await startBridge({
    webhook: options.webhook,
    qwen: {
      speed: slow,
      answer: ({ messages }) => {
        const mark = /M\d+x/.exec(messages.at(-1)?.text ?? '')?.[0] ?? 'M0x';
        return { text: answerTo(mark) };
      },
    },
  });
  const { feishu, group, alice, bob } = bridge;
  const other = feishu.addChat({ kind: 'group', name: '研发群', members: [alice, bob] });
  return {
    options,
    bridge,
    random: createRandom(options.seed),
    places: [
      { chat: group, from: alice },
      { chat: group, from: bob },
      { chat: other, from: alice },
      { chat: feishu.directChat(bob), from: bob },
    ],
    picture: await plainPicture('#3366cc'),
    all: [],
    askers: new Map(),
    kills: 0,
  };
}

function pick<Item>({ random }: Series, list: readonly [Item, ...(readonly Item[])]): Item {
  return list[Math.floor(random() * list.length)] ?? list[0];
}

/** In an order of chance, so that no two messages of one round become one question. */
function shuffled({ places, random }: Series): readonly Place[] {
  return places
    .map((place) => ({ place, at: random() }))
    .sort((one, other) => one.at - other.at)
    .map(({ place }) => place);
}

function sayOne(series: Series, place: Place): void {
  const { all, askers, bridge, picture, random } = series;
  const mark = `M${all.length}x`;
  const kind = random();
  const text = kind < 0.15 ? pick(series, commands as [string]) : `${mark} 是什么？`;
  const message = bridge.ask(text, kind > 0.85 ? [picture] : [], place);
  askers.set(message.messageId, place.from);
  all.push({ message, mark, answer: kind < 0.15 ? undefined : answerTo(mark), retried: 'no' });
}

/** Presses Retry under an answer that has ended; the kill may come before, while or after it counts. */
async function retryOne({ all, askers, bridge, random }: Series): Promise<void> {
  const { feishu } = bridge;
  const ended = all.filter(({ answer, retried }) => answer !== undefined && retried === 'no');
  const expected = ended[Math.floor(random() * ended.length)];
  if (expected === undefined) return;
  const button = { label: '重试' };
  const shown = repliesTo(feishu, expected).find(({ card }) => card?.buttons.some(isRetry));
  const message = feishu.message(shown?.messageId ?? '');
  const by = askers.get(expected.message.messageId);
  if (message === undefined || by === undefined) return;
  expected.retried = 'perhaps';
  const { code } = await feishu.press({ message, button, by });
  if (code === 0) expected.retried = 'yes';
}

/** What the platform does by itself, after fifteen seconds, for whatever was not acknowledged. */
function deliverAgain({ all, bridge, random }: Series): void {
  const { feishu } = bridge;
  const acknowledged = new Set(
    feishu.deliveries().flatMap(({ messageId, state }) => (state === 'acknowledged' ? [messageId] : [])),
  );
  for (const { message } of all) {
    if (!acknowledged.has(message.messageId)) void feishu.redeliver(message, { newEventId: random() < 0.5 });
  }
}

/** Gives back when it killed, in words. */
async function oneRound(series: Series): Promise<string> {
  const { all, bridge, options, random } = series;
  const { feishu, qwen } = bridge;
  if (options.troubledPlatform === true)
    for (let index = 0; index < 4; index += 1) feishu.fault(pick(series, apis), pick(series, troubles));
  const count = 1 + Math.floor(random() * 4);
  const pressing = random() < 0.4 ? retryOne(series) : Promise.resolve();
  for (const place of shuffled(series).slice(0, count)) sayOne(series, place);
  const killed = await killOnceOrTwice(series);
  deliverAgain(series);
  await pressing;
  await bridge.until(() => all.every((expected) => hasEnded(feishu, expected)), 'all replies end', settleMs);
  qwen.setSpeed(slow);
  return killed;
}

async function killOnceOrTwice(series: Series): Promise<string> {
  const { bridge, random } = series;
  // Most things happen early, so most kills come early.
  const killAfterMs = Math.floor(random() ** 2 * 2_500);
  const killStartAfterMs = random() < 0.35 ? Math.floor(random() * 1_500) : undefined;
  await sleep(killAfterMs);
  series.kills += 1;
  bridge.qwen.setSpeed(fast);
  await bridge.restart('SIGKILL', killStartAfterMs === undefined);
  if (killStartAfterMs === undefined) return `${killAfterMs} ms`;
  await sleep(killStartAfterMs);
  series.kills += 1;
  await bridge.restart('SIGKILL');
  return `${killAfterMs} ms and ${killStartAfterMs} ms`;
}

function report({ bridge, all, kills }: Series, faults: readonly string[]): KillReport {
  const { feishu } = bridge;
  const interrupted = feishu
    .chats()
    .flatMap(({ chatId }) => feishu.messages(chatId))
    .filter(({ card }) => /服务重启了/.test(JSON.stringify(card?.json ?? {}))).length;
  const retries = all.filter(({ retried }) => retried === 'yes').length;
  return { messages: all.length, kills, retries, interrupted, faults };
}

function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
