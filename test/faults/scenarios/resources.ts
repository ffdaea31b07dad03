import { readdirSync, readFileSync } from 'node:fs';
import { setTimeout as wait } from 'node:timers/promises';
import { integrations } from '../../e2e/integrations.ts';
import { alone, type Scenario } from '../scenario.ts';
import { spots, startStand, type Stand } from '../stand/stand.ts';

const settleWithinMs = 60_000;
/** After a first load everything that is made once has been made: pools, prepared statements, caches. */
const warmUpRounds = 20;
/** Idle connections are kept for a while before they are let go. */
const restMs = 12_000;
/** What the garbage collector may leave lying about, in megabytes. */
const memorySlackMb = 48;
/** A connection that is just being renewed. */
const handleSlack = 4;

type Resources = { readonly handles: number; readonly memoryMb: number };

function resourcesOf(pid: number): Resources {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  return {
    handles: readdirSync(`/proc/${pid}/fd`).length,
    memoryMb: Number(/VmRSS:\s+(\d+) kB/.exec(status)?.[1] ?? Number.NaN) / 1_024,
  };
}

/** Questions, broken connections and stopped answers by the hundred: files, sockets and memory are as before. */
export const resourceScenario: Scenario = {
  name: 'resources',
  what: 'questions while connections to the model break: open files, sockets and memory return to where they were',
  ways: alone,
  rounds: { long: 120, short: 20 },
  async run(run) {
    const integration = integrations.find(({ name }) => name === 'Feishu, long connection');
    if (integration === undefined) throw new Error('the integration is not there any more');
    const stand = await startStand({ ...run, integration, proxied: true });
    try {
      stand.expectAlerts();
      await stand.bringUp();
      await load(stand, warmUpRounds);
      await wait(restMs);
      const before = resourcesOf(stand.service.pid());
      await load(stand, run.rounds);
      await wait(restMs);
      const after = resourcesOf(stand.service.pid());
      const faults = await stand.judge();
      return {
        figures: [
          { name: 'questions asked meanwhile', value: run.rounds * spots.length, unit: 'questions' },
          {
            name: 'open files and sockets more than before',
            value: after.handles - before.handles,
            unit: 'handles',
            target: handleSlack,
          },
          {
            name: 'memory more than before',
            value: after.memoryMb - before.memoryMb,
            unit: 'MB',
            target: memorySlackMb,
          },
        ],
        faults,
      };
    } finally {
      await stand.stop();
    }
  },
};

async function load(stand: Stand, rounds: number): Promise<void> {
  const { qwen, random } = stand;
  qwen.setSpeed({ firstTokenDelayMs: 2, tokensPerSecond: 8_000 });
  for (let round = 0; round < rounds; round += 1) {
    for (const spot of spots) stand.ask(spot);
    if (random() < 0.3) {
      await wait(random() * 40);
      for (const proxy of stand.network?.proxies ?? []) if (random() < 0.3) proxy.breakAll('reset');
      stand.redeliverAll(stand.messages.slice(-spots.length));
    }
    if ((await stand.settle(settleWithinMs)) === undefined) return;
  }
}
