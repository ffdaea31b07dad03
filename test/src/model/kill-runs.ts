import { systemClock } from '../../../src/clock.ts';
import { createModel } from '../../../src/model/create-model.ts';
import type { Model } from '../../../src/model/types.ts';
import { startQwenSimulator } from '../../simulators/qwen/start.ts';
import { createRandom } from '../../simulators/qwen/ticker.ts';
import type { QwenSimulator } from '../../simulators/qwen/types.ts';
import { silentLog } from '../../fakes/log.ts';

/**
 * Kills one of two model servers at a random moment before its first token, again and again, and looks at what the
 * person would have seen. `node test/src/model/kill-runs.ts 200 [seed]` prints what was seen and fails if anything was.
 */
export type KillRuns = {
  /** Runs in which a server was killed before it had sent a token. */
  readonly killed: number;
  /** Killed runs in which the server that died had the question. */
  readonly killedAsked: number;
  /** What a person would have noticed; empty is what must be. */
  readonly seen: readonly string[];
};

const answer = '这是一个完整的回答，一个字也不少。';
const firstTokenMs = 25;

export async function killRuns(runs: number, seed: number): Promise<KillRuns> {
  const random = createRandom(seed);
  const servers = [await startQwenSimulator(), await startQwenSimulator()] as const;
  for (const server of servers) {
    server.setAnswer(() => ({ text: answer }));
    server.setSpeed({ firstTokenDelayMs: firstTokenMs });
  }
  const model = modelOf(servers, random);
  model.start();
  const seen: string[] = [];
  let killed = 0;
  let killedAsked = 0;
  // A slow machine may let tokens out before the blow falls; such a run proves nothing and is repeated.
  for (let run = 0; killed < runs && run < runs * 5; run += 1) {
    const victim = random() < 0.5 ? servers[0] : servers[1];
    const before = victim.chats.length;
    const reading = read(model, run);
    await systemClock.sleep(random() * firstTokenMs);
    const asked = victim.chats.length > before;
    const begun = victim.chats.slice(before).some(({ tokenTimes }) => tokenTimes.length > 0);
    if (!begun) {
      await victim.goDown();
      killed += 1;
      if (asked) killedAsked += 1;
    }
    const noticed = await reading;
    if (noticed !== undefined) seen.push(`run ${run}: ${noticed}`);
    await victim.comeBack();
  }
  await model.stop();
  await Promise.all(servers.map((server) => server.stop()));
  return { killed, killedAsked, seen };
}

function modelOf(servers: readonly QwenSimulator[], random: () => number): Model {
  return createModel({
    servers: servers.map(({ baseUrl }) => ({ baseUrl, model: 'auto' })),
    firstTokenTimeoutMs: 60_000,
    idleTimeoutMs: 30_000,
    maxConcurrency: 16,
    healthIntervalMs: 60_000,
    clock: systemClock,
    random,
    log: silentLog,
    version: '0.0.0-test',
  });
}

/** Undefined when the answer came whole and once. */
async function read(model: Model, run: number): Promise<string | undefined> {
  const messages = [{ role: 'user', text: '你好' }] as const;
  let text = '';
  let end = 'none';
  const request = { messages, affinity: `conversation ${run % 3}` };
  for await (const event of model.ask(request, new AbortController().signal)) {
    if (event.type === 'text-delta') text += event.text;
    if (event.type === 'end') end = `${event.reason} ${event.fault?.evidence ?? ''}`.trim();
  }
  return text === answer && end === 'stop' ? undefined : `${end}: ${text}`;
}

if (import.meta.main) {
  const runs = Number(process.argv[2] ?? 200);
  const seed = Number(process.argv[3] ?? Date.now() % 1_000_000);
  const result = await killRuns(runs, seed);
  console.log(JSON.stringify({ seed, ...result }, undefined, 2));
  process.exitCode = result.seen.length === 0 && result.killed === runs ? 0 : 1;
}
