import { readFileSync } from 'node:fs';
import { startBridge, type Bridge } from '../e2e/feishu-bridge.ts';
import type { MessageView } from '../simulators/feishu/views.ts';
import type { SimChat, SimUser } from '../simulators/feishu/world-types.ts';

/**
 * How much longer the first words take for eight people while a ninth sends five hundred messages. The model stand-in makes
 * eight answers at once. Run it alone: `node --disable-warning=ExperimentalWarning test/bench/flood.ts`.
 */
const others = 8;
const questionsEach = 40;
const floodMessages = 500;
/** Each asks again so long after the last answer ended, each at a moment of their own. */
const pauseMs = 200;
/** The flood is spread over so long, that it lasts while the others ask. */
const floodLastsMs = 20_000;
const highestRatio = 1.5;

type Flood = 'none' | 'at once' | 'spread';
type Measured = {
  /** From asking to the first words on the platform, in milliseconds. */
  readonly times: readonly number[];
  /** What the service's process worked meanwhile, in milliseconds. */
  readonly workedMs: number;
};

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
  for (let question = 0; question < questionsEach; question += 1) {
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
  for (let message = 0; message < floodMessages; message += 1) {
    say({ kind: 'text', text: `@{bot} 洪水 ${message}` }, { chat, from });
    if (lastsMs > 0) await sleep(lastsMs / floodMessages);
  }
}

async function measure(together: boolean, kind: Flood): Promise<Measured> {
  const bridge = await startBridge({
    qwen: {
      answer: () => ({ text: '一二三四五六七八九十'.repeat(4) }),
      speed: { firstTokenDelayMs: 150, tokensPerSecond: 80 },
      capacity: 8,
    },
  });
  const { feishu } = bridge;
  const people = Array.from({ length: others }, (_, index) => feishu.addUser({ name: `同事 ${index}` }));
  const flooder = feishu.addUser({ name: '洪水' });
  const group = feishu.addChat({ kind: 'group', name: '全员群', members: [...people, flooder] });
  const chatOf = (person: SimUser): SimChat => (together ? group : feishu.directChat(person));
  try {
    const workedBefore = workedMs(bridge.service.pid);
    const asking = people.map((person, index) => askOften(bridge, chatOf(person), person, index * 97));
    if (kind !== 'none') {
      await sleep(1_000);
      await flood(bridge, chatOf(flooder), flooder, kind === 'spread' ? floodLastsMs : 0);
    }
    const times = (await Promise.all(asking)).flat();
    if (feishu.refused().length > 0) throw new Error(`${feishu.refused().length} calls were refused`);
    return { times, workedMs: workedMs(bridge.service.pid) - workedBefore };
  } finally {
    await bridge.stop();
  }
}

const places = [
  { where: 'each in a chat of their own', together: false },
  { where: 'all in one group', together: true },
];

function lineOf(where: string, flood: string, { times, workedMs: worked }: Measured, ratio: number): string {
  const [p50, p95, max] = [0.5, 0.95, 1].map((share) => percentile(times, share).toFixed(0));
  return `| ${where} | ${flood} | ${p50} | ${p95} | ${max} | ${worked} | ${ratio.toFixed(2)} |`;
}

let worst = 0;
console.log('| where | flood | p50 ms | p95 ms | max ms | service worked ms | p95 / idle |');
console.log('|---|---|---:|---:|---:|---:|---:|');
for (const { where, together } of places) {
  // Idle before and after, so that what else the machine does weighs on both alike.
  const before = await measure(together, 'none');
  const flooded = [
    ['at once', await measure(together, 'at once')],
    ['spread', await measure(together, 'spread')],
  ] as const;
  const after = await measure(together, 'none');
  const idle = { times: [...before.times, ...after.times], workedMs: (before.workedMs + after.workedMs) / 2 };
  console.log(lineOf(where, 'none', idle, 1));
  for (const [kind, measured] of flooded) {
    const ratio = percentile(measured.times, 0.95) / percentile(idle.times, 0.95);
    worst = Math.max(worst, ratio);
    console.log(lineOf(where, kind, measured, ratio));
  }
}
console.log(`\nThe worst ratio is ${worst.toFixed(2)}; it may be ${highestRatio.toFixed(2)}.`);
process.exit(worst <= highestRatio ? 0 : 1);
