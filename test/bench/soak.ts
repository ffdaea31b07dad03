import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { startQwenSimulator } from '../simulators/qwen/start.ts';
import { plainPicture } from '../support/pictures.ts';
import { sleep, until } from './measure/start-on-stages.ts';
import { machine } from './publish-machine.ts';
import { dingtalkSoak, feishuSoak, wecomSoak, type SoakPlatform } from './soak-platforms.ts';
import { startSoakService } from './soak-service.ts';
import { growth } from './soak-snapshot.ts';
import { answerOf, assumption, createTalk, messagesPerSecond, warmUpTimes } from './soak-talk.ts';
import { verdict, type Sample } from './soak-verdict.ts';
import { holds, toTable } from './table.ts';

/**
 * The service under fifty times a normal day's work, for so many minutes (15 unless told): nothing may grow, nothing may
 * stay open. `npm run soak -- [minutes]`. At the end it says which objects there are more of than after the warm-up. A run of
 * the full time is written to `docs/bench/soak.md`.
 */
const fullMinutes = 15;
const minutes = Number(process.argv[2] ?? fullMinutes);
/** Before that, at a higher rate: caches fill, code is compiled. */
const warmUpSeconds = minutes * 20;
/** Half a minute in a quarter of an hour. */
const sampleEverySeconds = (minutes * 60) / 30;
const restSeconds = 60;
const settledMs = 1_500;

const perPlatform = assumption.people / 3;
const platforms = await Promise.all([
  feishuSoak(perPlatform),
  dingtalkSoak(perPlatform),
  wecomSoak(perPlatform),
]);
const qwen = await startQwenSimulator({
  answer: answerOf,
  speed: { firstTokenDelayMs: 100, tokensPerSecond: 100 },
  memory: 50,
});
const service = await startSoakService({
  ...Object.assign({}, ...platforms.map(({ environment }) => environment)),
  QWEN_BASE_URL: qwen.baseUrl,
});
const talk = createTalk(platforms, qwen, await plainPicture('#2080d0', 1600, 900));
await until(() => platforms.every((platform) => platform.reachable()), 'every platform reaches the service');

const { people, questionsPerPerson, hours, times } = assumption;
const what = `${people} people, ${questionsPerPerson} questions each in ${hours} hours, ${times} times as fast: ${messagesPerSecond.toFixed(1)} messages a second on three platforms, ${minutes} minutes`;
console.log(`${what}\n`);
const baseline = await look();
const samples: Sample[] = [];
let talkedUntil = performance.now();
for (let seconds = 0; seconds < warmUpSeconds; seconds += sampleEverySeconds)
  await talkFor(sampleEverySeconds, messagesPerSecond * warmUpTimes);
const warm = await look(true);
const endsAt = performance.now() + minutes * 60_000;
while (performance.now() < endsAt) {
  await talkFor(sampleEverySeconds, messagesPerSecond);
  samples.push(await look());
}
await sleep(restSeconds * 1000);
const rested = await look(true);
for (const { name, count, bytes } of growth(warm.held ?? new Map(), rested.held ?? new Map(), 12))
  console.log(`${bytes} bytes more in ${count} of ${name}`);

const refused = platforms.flatMap((platform) => platform.refused());
const errors = service.process.log.filter(({ level }) => level === 'error' || level === 'fatal');
const figures = verdict({
  baseline,
  warm,
  samples,
  rested,
  open: openReplies(platforms),
  refused: refused.length,
  errors: errors.length,
});
console.log(`\n${toTable(figures)}`);
for (const line of new Set([...refused, ...errors.map(({ msg }) => msg)])) console.log(`- ${line}`);
if (minutes >= fullMinutes) {
  const text = `# Soak\n\n${what}, ${talk.said()} messages. On ${machine()}, ${new Date().toISOString().slice(0, 10)}.\n\n${toTable(figures)}\n`;
  writeFileSync(fileURLToPath(new URL('../../docs/bench/soak.md', import.meta.url)), text);
}
await service.stop();
await Promise.all([...platforms.map((platform) => platform.stop()), qwen.stop()]);
process.exit(figures.every(holds) ? 0 : 1);

/**
 * However long each act lasts, and so much faster that what was not said during the last look is made up for; then until
 * all that was asked is answered.
 */
async function talkFor(seconds: number, averagePerSecond: number): Promise<void> {
  const acts: Promise<void>[] = [];
  const startedAt = performance.now();
  const perSecond = averagePerSecond * (1 + (startedAt - talkedUntil) / 1000 / seconds);
  for (let number = 0; number < seconds * perSecond; number += 1) {
    acts.push(talk.next());
    const dueInMs = ((number + 1) * 1000) / perSecond - (performance.now() - startedAt);
    if (dueInMs > 0) await sleep(dueInMs);
  }
  talkedUntil = performance.now();
  await Promise.all(acts);
  await settle();
}

async function settle(): Promise<void> {
  let quietSince = performance.now();
  await until(
    () => {
      if (openReplies(platforms) > 0 || qwen.openStreams > 0) quietSince = performance.now();
      return performance.now() - quietSince > settledMs;
    },
    'every reply is finished',
    120_000,
  );
}

async function look(closely = false): Promise<Sample> {
  const sample = await service.look(talk.said(), closely);
  const { atSeconds, messages, heapBytes, externalBytes, residentMebibytes } = sample;
  const { descriptors, sockets, handles } = sample;
  const mebibytes = (bytes: number): string => (bytes / 2 ** 20).toFixed(2);
  console.log(
    `${atSeconds} s, ${messages} messages: heap ${mebibytes(heapBytes)} MiB, external ${mebibytes(externalBytes)} MiB, resident ${residentMebibytes.toFixed(0)} MiB, ${descriptors} descriptors, ${sockets} sockets, ${handles} handles`,
  );
  return sample;
}

function openReplies(all: readonly SoakPlatform[]): number {
  return all.reduce((sum, platform) => sum + platform.open(), 0);
}
