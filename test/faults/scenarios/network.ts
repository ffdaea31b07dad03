import { setTimeout as wait } from 'node:timers/promises';
import { integrations, type Integration } from '../../e2e/integrations.ts';
import type { Toxic } from '../proxy/toxic.ts';
import type { TcpProxy } from '../proxy/tcp-proxy.ts';
import { alone, chosen, shares, type Scenario, type ScenarioRun } from '../scenario.ts';
import { spots, startStand, type Stand } from '../stand/stand.ts';

/** What is said while nobody is heard is delivered again by the platform; a message lost for good is none to look for. */
const dependable = integrations.filter(({ traits }) => traits.redelivers && traits.live);
const settleWithinMs = 90_000;
/** Short, so that a connection on which nothing arrives any more is given up within the scenario. */
const environment = { QWEN_FIRST_TOKEN_TIMEOUT_MS: '6000', QWEN_IDLE_TIMEOUT_MS: '4000' };

/** Spoils one of the ways for a while, with what the seed draws. */
function spoil(proxy: TcpProxy, random: () => number): string {
  const bytes = Math.floor(random() * 4_000) + 1;
  const toxics: readonly [Toxic, ...Toxic[]] = [
    { type: 'delay', delayMs: 200, jitterMs: 400 },
    { type: 'slice', bytes: 1 + Math.floor(random() * 7), pauseMs: 0 },
    { type: 'limit', bytesPerSecond: 4_000 },
    { type: 'cut', afterBytes: bytes },
    { type: 'reset', afterBytes: bytes },
    { type: 'reset', afterBytes: bytes, way: 'down' },
    { type: 'half-open' },
    { type: 'half-open', way: 'down' },
  ];
  const kind = Math.floor(random() * (toxics.length + 1));
  const toxic = toxics[kind];
  if (toxic === undefined) {
    proxy.refuse();
    return 'refuse';
  }
  proxy.poison(toxic);
  return toxic.type;
}

/** Each way (model, platform, database) is spoiled in turn while people ask; once it is whole again, so must everything be. */
export const networkScenario: Scenario = {
  name: 'network',
  what: 'the ways to model, platform and database delayed, sliced, throttled, cut, reset, refused and half-open',
  ways: alone,
  rounds: { long: 60, short: 6 },
  async run(run) {
    const faults: string[] = [];
    let spoiled = 0;
    const over = chosen(run, dependable);
    const rounds = shares(run.rounds, over.length);
    for (const [index, { integration, seed }] of over.entries()) {
      const part = { ...run, rounds: rounds[index] ?? 0, seed };
      if (part.rounds === 0 || faults.length > 0) continue;
      faults.push(...(await onIntegration(part, integration)));
      spoiled += part.rounds;
    }
    return {
      figures: [
        { name: 'times a way was spoiled', value: spoiled, unit: 'times' },
        { name: 'lost, doubled or unfinished replies', value: faults.length, unit: 'replies', target: 0 },
      ],
      faults,
    };
  },
};

async function onIntegration(run: ScenarioRun, integration: Integration): Promise<readonly string[]> {
  run.note(`${integration.name}, ${run.rounds} times`);
  const stand = await startStand({ ...run, integration, environment, proxied: true });
  try {
    stand.expectAlerts();
    await stand.bringUp();
    for (let round = 0; round < run.rounds; round += 1) {
      run.note(`  ${await spoilOnce(stand)}`);
      if ((await stand.settle(settleWithinMs)) === undefined) break;
    }
    return (await stand.judge()).map((what) => `${integration.name}: ${what}`);
  } finally {
    await stand.stop();
  }
}

async function spoilOnce(stand: Stand): Promise<string> {
  const { random, network } = stand;
  const proxies = network?.proxies ?? [];
  const proxy = proxies[Math.floor(random() * proxies.length)];
  if (proxy === undefined) throw new Error('there is no way to spoil');
  const before = stand.messages.length;
  for (const spot of spots) stand.ask(spot);
  await wait(random() * 400);
  const how = spoil(proxy, random);
  for (const spot of spots.slice(1)) stand.ask(spot);
  await wait(500 + random() * 2_500);
  proxy.heal();
  // What was not acknowledged comes again; the long connection may have to be made anew first.
  const giveUpAt = performance.now() + 60_000;
  while (!stand.stage.reachable() && performance.now() < giveUpAt) await wait(50);
  stand.redeliverAll(stand.messages.slice(before));
  return `${how} on way ${proxies.indexOf(proxy)}`;
}
