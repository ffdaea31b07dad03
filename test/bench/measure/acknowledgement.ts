import { startQwenSimulator } from '../../simulators/qwen/start.ts';
import { freePort, startServiceProcess, stateFolder } from '../../support/service-process.ts';
import type { Figure, Measurement } from '../measurement.ts';
import { median, percentile } from '../statistics.ts';
import { ways, type OpenWay, type Way } from './acknowledgement-ways.ts';
import { sleep, until } from './start-on-stages.ts';

const eventsPerSecond = 200;
/** What else the machine does comes in waves: a share of slow ones is told as the median of rounds. */
const rounds = 3;
const messagesPerRound = 600;
const pauseMs = 500;
/** So many that nobody reaches the limit of a minute. */
const people = 400;

/** A message is acknowledged when it is on the disk, and not before. */
export const measureAcknowledgement: Measurement = {
  name: 'acknowledgement',
  what: `how soon a message is stored and acknowledged, at ${eventsPerSecond} a second`,
  async run(progress) {
    const figures: Figure[] = [];
    for (const way of ways) {
      progress(way.name);
      figures.push(...(await measure(way)));
    }
    return { figures };
  },
};

async function measure(way: Way): Promise<Figure[]> {
  const open = await way.open(people);
  const qwen = await startQwenSimulator({ answer: () => ({ text: '好' }) });
  const folder = stateFolder();
  const port = await freePort();
  const service = await startServiceProcess(folder.path, {
    ...open.environment,
    QWEN_BASE_URL: qwen.baseUrl,
    PORT: String(port),
  });
  try {
    await service.ready();
    open.point(port);
    await until(() => open.reachable(), 'the platform reaches the service');
    for (let round = 0; round < rounds; round += 1) {
      await sayEvenly(open, round * messagesPerRound);
      await sleep(pauseMs);
    }
    await until(() => open.times().every((time) => time !== undefined), 'all acknowledged', 60_000);
    return figuresOf(way.name, open);
  } finally {
    await service.end('SIGKILL');
    await Promise.all([open.stop(), qwen.stop()]);
    folder.remove();
  }
}

async function sayEvenly(open: OpenWay, first: number): Promise<void> {
  const startedAt = performance.now();
  for (let sent = 0; sent < messagesPerRound; sent += 1) {
    const aheadMs = (sent * 1000) / eventsPerSecond - (performance.now() - startedAt);
    if (aheadMs > 1) await sleep(aheadMs);
    open.say(first + sent);
  }
}

function figuresOf(way: string, open: OpenWay): Figure[] {
  const times = open.times().map((time) => time ?? Number.NaN);
  const ofRounds = Array.from({ length: rounds }, (_, round) =>
    times.slice(round * messagesPerRound, (round + 1) * messagesPerRound),
  );
  const shareOf = (share: number): number => median(ofRounds.map((round) => percentile(round, share)));
  const name = (which: string): string => `acknowledgement ${which} at ${eventsPerSecond} events/s (${way})`;
  const refused = `refused calls at ${eventsPerSecond} events/s (${way})`;
  return [
    { name: name('p50'), value: shareOf(0.5), unit: 'ms' },
    { name: name(`p99, median of ${rounds}`), value: shareOf(0.99), unit: 'ms', target: 50 },
    { name: name('max'), value: Math.max(...times), unit: 'ms', target: 500 },
    { name: refused, value: open.refused(), unit: 'calls', target: 0 },
  ];
}
