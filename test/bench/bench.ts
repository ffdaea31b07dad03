import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism, cpus, totalmem } from 'node:os';
import { fileURLToPath } from 'node:url';
import { startBridge, type Bridge } from '../e2e/feishu-bridge.ts';
import { freePort, startServiceProcess, stateFolder } from '../support/service-process.ts';

/** One line of the result: what was measured, the figure, and what it must stay below. */
type Figure = {
  readonly name: string;
  readonly value: number;
  readonly unit: string;
  readonly target?: number;
};

const compileCache = fileURLToPath(new URL('../../node_modules/.cache/compile', import.meta.url));
const resultFile = fileURLToPath(new URL('../../docs/bench/latest.json', import.meta.url));

const readmeFile = fileURLToPath(new URL('../../README.md', import.meta.url));

const sleep = (milliseconds: number): Promise<void> =>
  new Promise((resolve) => setTimeout(resolve, milliseconds));

function percentile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((one, other) => one - other);
  return sorted[Math.min(sorted.length - 1, Math.ceil(sorted.length * share) - 1)] ?? Number.NaN;
}

const median = (values: readonly number[]): number => percentile(values, 0.5);

function residentMegabytes(pid: number): number {
  const line = /VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'));
  return Number(line?.[1] ?? Number.NaN) / 1024;
}

async function secondsToReady(environment: Readonly<Record<string, string>>): Promise<number> {
  const folder = stateFolder();
  const startedAt = performance.now();
  const service = await startServiceProcess(folder.path, environment);
  await service.ready();
  const took = performance.now() - startedAt;
  await service.end('SIGKILL');
  folder.remove();
  return took / 1000;
}

function environmentOf({ feishu, qwen }: Bridge, port: number): Record<string, string> {
  return {
    FEISHU_APP_ID: feishu.app.appId,
    FEISHU_APP_SECRET: feishu.app.appSecret,
    FEISHU_BASE_URL: feishu.url,
    QWEN_BASE_URL: qwen.baseUrl,
    PORT: String(port),
  };
}

async function measureStart(): Promise<Figure[]> {
  const bridge = await startBridge();
  await bridge.service.end('SIGKILL');
  rmSync(compileCache, { recursive: true, force: true });
  const environment = environmentOf(bridge, await freePort());
  const first = await secondsToReady(environment);
  // The compile cache is written when a process ends in order.
  const folder = stateFolder();
  const orderly = await startServiceProcess(folder.path, environment);
  await orderly.ready();
  await orderly.end('SIGTERM');
  folder.remove();
  const warm: number[] = [];
  for (let run = 0; run < 5; run += 1) warm.push(await secondsToReady(environment));
  await bridge.stop();
  return [
    { name: 'start to ready, first start', value: first, unit: 's', target: 1.5 },
    { name: 'start to ready, warm (median of 5)', value: median(warm), unit: 's', target: 1 },
  ];
}

async function measureIdleMemory(webhook: boolean): Promise<Figure> {
  const bridge = await startBridge({ webhook });
  bridge.ask('你好');
  await bridge.closed(1);
  await sleep(3_000);
  const value = residentMegabytes(bridge.service.pid);
  await bridge.stop();
  return {
    name: `memory idle, one platform (${webhook ? 'webhook' : 'long connection'})`,
    value,
    unit: 'MB',
    target: 170,
  };
}

/** Messages of many people in many groups, so that no limit but the service's own speed is in the way. */
async function measureAcknowledgement(webhook: boolean): Promise<Figure[]> {
  const eventsPerSecond = 200;
  const bridge = await startBridge({
    webhook,
    qwen: { answer: () => ({ text: '好' }) },
    feishu: { history: 'off', rules: { groupMessages: 'all' } },
  });
  const { feishu, alice } = bridge;
  const chats = Array.from({ length: 50 }, (_, index) =>
    feishu.addChat({ kind: 'group', name: `群 ${index}`, members: [alice] }),
  );
  const people = Array.from({ length: 400 }, (_, index) => feishu.addUser({ name: `同事 ${index}` }));
  const seconds = 10;
  const startedAt = performance.now();
  // One in ten asks; the others are group talk that the bot must take durably and leave alone.
  for (let sent = 0; sent < eventsPerSecond * seconds; sent += 1) {
    const dueMs = (sent / eventsPerSecond) * 1000;
    const aheadMs = dueMs - (performance.now() - startedAt);
    if (aheadMs > 1) await sleep(aheadMs);
    const chat = chats[sent % chats.length];
    const from = people[sent % people.length];
    if (chat === undefined || from === undefined) continue;
    bridge.say({ kind: 'text', text: sent % 10 === 0 ? '@{bot} 你好' : '闲聊' }, { chat, from });
  }
  await bridge.until(
    () => feishu.deliveries().every(({ state }) => state === 'acknowledged'),
    'all acknowledged',
    60_000,
  );
  const times = feishu.deliveries().map(({ attempts }) => attempts[0]?.durationMs ?? Number.NaN);
  await bridge.stop();
  const way = webhook ? 'webhook' : 'long connection';
  return [
    { name: `acknowledgement p50 at 200 events/s (${way})`, value: median(times), unit: 'ms' },
    {
      name: `acknowledgement p99 at 200 events/s (${way})`,
      value: percentile(times, 0.99),
      unit: 'ms',
      target: 50,
    },
    {
      name: `acknowledgement max at 200 events/s (${way})`,
      value: Math.max(...times),
      unit: 'ms',
      target: 500,
    },
  ];
}

async function measureAnswers(webhook: boolean): Promise<Figure[]> {
  const bridge = await startBridge({
    webhook,
    qwen: {
      answer: () => ({ text: '一二三四五六七八九十'.repeat(20) }),
      speed: { firstTokenDelayMs: 50, tokensPerSecond: 50 },
    },
  });
  const { qwen, feishu } = bridge;
  const toModel: number[] = [];
  const toCard: number[] = [];
  const toText: number[] = [];
  const toClosed: number[] = [];
  const calls: number[] = [];
  for (let round = 0; round < 12; round += 1) {
    feishu.clearCalls();
    const askedAt = Date.now();
    bridge.ask(`问题 ${round}`);
    const replies = await bridge.closed(round + 1);
    const closedAt = Date.now();
    const chat = qwen.chats.at(-1);
    const made = feishu.calls();
    const card = made.find(({ api }) => api === 'im.message.reply');
    const firstToken = chat?.tokenTimes[0] ?? Number.NaN;
    toModel.push((chat?.at ?? Number.NaN) - askedAt);
    toCard.push((card === undefined ? Number.NaN : card.arrivedMs + card.durationMs) - askedAt);
    const shown = replies
      .at(-1)
      ?.card?.history.find(({ elementId, text }) => elementId === 'answer' && (text ?? '').trim() !== '');
    toText.push((shown?.atMs ?? Number.NaN) - firstToken);
    toClosed.push(closedAt - (chat?.tokenTimes.at(-1) ?? Number.NaN));
    calls.push(made.length);
    if (replies.length !== round + 1) throw new Error('a reply is missing');
  }
  const refused = feishu.refused().length;
  await bridge.stop();
  const way = webhook ? 'webhook' : 'long connection';
  const warm = (values: readonly number[]): number => median(values.slice(1));
  return [
    {
      name: `event to model request, first message (${way})`,
      value: toModel[0] ?? Number.NaN,
      unit: 'ms',
      target: 300,
    },
    { name: `event to model request, warm (${way})`, value: warm(toModel), unit: 'ms', target: 50 },
    { name: `event to first card on screen, warm (${way})`, value: warm(toCard), unit: 'ms', target: 500 },
    { name: `first token to first text at the platform, warm (${way})`, value: warm(toText), unit: 'ms' },
    { name: `last token to closed reply, warm (${way})`, value: warm(toClosed), unit: 'ms' },
    { name: `platform calls for a 4 s answer (${way})`, value: median(calls), unit: 'calls' },
    { name: `refused calls (${way})`, value: refused, unit: 'calls', target: 0 },
  ];
}

function machine(): string {
  const model = cpus()[0]?.model ?? 'unknown processor';
  return `${availableParallelism()} cores (${model}), ${Math.round(totalmem() / 2 ** 30)} GiB, Node ${process.versions.node}, loopback`;
}

function toLine({ name, value, unit, target }: Figure): string {
  const shown = value >= 100 || unit === 'calls' ? value.toFixed(0) : value.toFixed(value < 10 ? 2 : 1);
  const verdict = target === undefined ? '' : value <= target ? `≤ ${target} ✓` : `≤ ${target} ✗`;
  return `| ${name} | ${shown} ${unit} | ${verdict} |`;
}

/** The table in the README, so that what stands there is what was measured. */
function writeReadme(): void {
  const text = readFileSync(readmeFile, 'utf8');
  const table = ['| figure | measured | target |', '|---|---:|---|', ...figures.map(toLine)].join('\n');
  const block = `<!-- figures:begin -->\nMeasured by \`npm run bench\` on ${machine()}, against the simulators:\n\n${table}\n<!-- figures:end -->`;
  writeFileSync(
    readmeFile,
    text.replace(/<!-- figures:begin -->[^]*<!-- figures:end -->/, () => block),
  );
}

const steps: readonly (() => Promise<Figure | Figure[]>)[] = [
  measureStart,
  () => measureIdleMemory(false),
  () => measureIdleMemory(true),
  () => measureAcknowledgement(false),
  () => measureAcknowledgement(true),
  () => measureAnswers(false),
  () => measureAnswers(true),
];

const figures: Figure[] = [];
console.log(`${machine()}\n\n| figure | measured | target |\n|---|---:|---|`);
for (const step of steps) {
  for (const figure of [await step()].flat()) {
    figures.push(figure);
    console.log(toLine(figure));
  }
}
writeFileSync(resultFile, `${JSON.stringify({ machine: machine(), figures }, null, 2)}\n`);
writeReadme();
process.exit(figures.every(({ value, target }) => target === undefined || value <= target) ? 0 : 1);
