import { readFileSync } from 'node:fs';
import { startBridge, type Bridge } from '../e2e/feishu-bridge.ts';
import type { MessageView } from '../simulators/feishu/views.ts';
import type { SimChat, SimUser } from '../simulators/feishu/world-types.ts';

/**
 * How much longer the first words take for eight people while a ninth sends five hundred messages. The model stand-in makes
 * eight answers at once. Run it alone: `node --disable-warning=ExperimentalWarning test/bench/flood.ts`.
 */
const others = 8;
/** Quiet and flooded phases take turns, so that what else the machine does weighs on both alike. */
const rounds = 4;
const questionsPerRound = 10;
const floodMessages = 500;
const floodLastsMs = 4_000;
/** Each asks again so long after the last answer ended, each at a moment of their own. */
const pauseMs = 200;
const highestRatio = 1.5;

const floods = ['none', 'at once', 'spread'] as const;
type Flood = (typeof floods)[number];
type Measured = {
  /** From asking to the first words on the platform, in milliseconds. */
  readonly times: number[];
  /** What the service's process worked meanwhile, in milliseconds. */
  workedMs: number;
};
type Place = { readonly where: string; readonly together: boolean };

const sleep = (milliseconds: number): Promise<void> =>
  new Promise((resolve) => setTimeout(resolve, milliseconds));

function percentile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((one, other) => one - other);
  return sorted[Math.ceil(sorted.length * share) - 1] ?? Number.NaN;
}

/** Linux counts in hundredths of a second. */
function workedMs(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? [];
  return (Number(fields[11]) + Number(fields[12])) * 10;
}

/** When the first words of the answer stood there. */
function firstTextAt({ card }: MessageView): number | undefined {
  return card?.history.find(({ elementId, text }) => elementId === 'answer' && (text ?? '').trim() !== '')
    ?.atMs;
}

/** One person asks one question after the other; gives back how long each took to show its first words. */
async function askOften(
  bridge: Bridge,
  chat: SimChat,
  from: SimUser,
  startAfterMs: number,
): Promise<number[]> {
  const times: number[] = [];
  await sleep(startAfterMs);
  for (let question = 0; question < questionsPerRound; question += 1) {
    const askedAt = Date.now();
    const { messageId } = bridge.ask(`问题 ${question}`, [], { chat, from });
    const reply = (): MessageView | undefined =>
      bridge.feishu.messages(chat.chatId).find(({ parentId }) => parentId === messageId);
    await bridge.until(() => reply()?.card?.streaming === false, 'an answer', 120_000);
    const shown = reply();
    const at = shown === undefined ? undefined : firstTextAt(shown);
    if (at === undefined) throw new Error(`no answer: ${JSON.stringify(shown?.card?.texts)}`);
    times.push(at - askedAt);
    await sleep(pauseMs);
  }
  return times;
}

async function flood({ say }: Bridge, chat: SimChat, from: SimUser, lastsMs: number): Promise<void> {
  const startedAt = Date.now();
  for (let message = 0; message < floodMessages; message += 1) {
    say({ kind: 'text', text: `@{bot} 洪水 ${message}` }, { chat, from });
    const dueInMs = startedAt + (lastsMs * message) / floodMessages - Date.now();
    if (dueInMs > 1) await sleep(dueInMs);
  }
}

/** In each phase other people ask: nobody is to reach the limit of a minute but who floods. */
async function measure({ together }: Place): Promise<ReadonlyMap<Flood, Measured>> {
  const bridge = await startBridge({
    qwen: {
      answer: () => ({ text: '一二三四五六七八九十'.repeat(4) }),
      speed: { firstTokenDelayMs: 150, tokensPerSecond: 80 },
      capacity: 8,
    },
  });
  const { feishu, service } = bridge;
  const measured = new Map(floods.map((kind): [Flood, Measured] => [kind, { times: [], workedMs: 0 }]));
  try {
    for (let round = 0; round < rounds; round += 1) {
      for (const [kind, { times }] of measured) {
        const people = Array.from({ length: others }, () => feishu.addUser({ name: '同事' }));
        const flooder = feishu.addUser({ name: `洪水 ${round} ${kind}` });
        const members = [...people, flooder];
        const group = feishu.addChat({ kind: 'group', name: `群 ${round} ${kind}`, members });
        const chatOf = (person: SimUser): SimChat => (together ? group : feishu.directChat(person));
        const before = workedMs(service.pid);
        const asking = people.map((person, index) => askOften(bridge, chatOf(person), person, index * 97));
        await sleep(500);
        if (kind !== 'none')
          await flood(bridge, chatOf(flooder), flooder, kind === 'spread' ? floodLastsMs : 0);
        times.push(...(await Promise.all(asking)).flat());
        const figures = measured.get(kind);
        if (figures !== undefined) figures.workedMs += workedMs(service.pid) - before;
      }
    }
    if (feishu.refused().length > 0) throw new Error(`${feishu.refused().length} calls were refused`);
    return measured;
  } finally {
    await bridge.stop();
  }
}

const places: readonly Place[] = [
  { where: 'each in a chat of their own', together: false },
  { where: 'all in one group', together: true },
];

let worst = 0;
console.log('| where | flood | p50 ms | p95 ms | max ms | service worked ms | p95 / none |');
console.log('|---|---|---:|---:|---:|---:|---:|');
for (const place of places) {
  const measured = await measure(place);
  const idle = percentile(measured.get('none')?.times ?? [], 0.95);
  for (const [kind, { times, workedMs: worked }] of measured) {
    const [p50, p95, max] = [0.5, 0.95, 1].map((share) => percentile(times, share).toFixed(0));
    const ratio = percentile(times, 0.95) / idle;
    worst = Math.max(worst, ratio);
    console.log(`| ${place.where} | ${kind} | ${p50} | ${p95} | ${max} | ${worked} | ${ratio.toFixed(2)} |`);
  }
}
console.log(`\nThe worst ratio is ${worst.toFixed(2)}; it may be ${highestRatio.toFixed(2)}.`);
process.exit(worst <= highestRatio ? 0 : 1);
