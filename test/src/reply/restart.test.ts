import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, it } from 'vitest';
import { wecomFactories } from '../../../adapters/wecom/index.ts';
import type { Adapter } from '../../../src/contract/adapter.ts';
import type { PersonKey } from '../../../src/contract/ids.ts';
import { createCallBudget } from '../../../src/reply/call-budget.ts';
import { createCallLedger } from '../../../src/reply/call-ledger.ts';
import type { CallStore } from '../../../src/store/calls.ts';
import { openStore } from '../../../src/store/store.ts';
import { createSurroundings, socketPace, type Surroundings } from '../../contract/surroundings.ts';
import { startWeComSimulator, type WeComSimulator } from '../../simulators/wecom/simulator.ts';

const ends: (() => unknown)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

type Process = { readonly adapter: Adapter; readonly kill: () => void };

/** The self-built app: WeCom drops in silence what is more than thirty messages a minute for one person. */
async function startProcess(sim: WeComSimulator, store: CallStore, around: Surroundings): Promise<Process> {
  const { clock, deps } = around;
  const killed = new AbortController();
  const ledger = await createCallLedger(
    {
      since: (day) => store.since(day),
      add: (rows, now) =>
        killed.signal.aborted ? new Promise<never>(() => undefined) : store.add(rows, now),
    },
    clock,
    'UTC',
  );
  const env = {
    WECOM_CORP_ID: sim.corp.corpId,
    WECOM_AGENT_ID: String(sim.corp.agentId),
    WECOM_AGENT_SECRET: sim.corp.agentSecret,
    WECOM_AGENT_TOKEN: sim.corp.agentToken,
    WECOM_AGENT_ENCODING_AES_KEY: sim.corp.agentEncodingAesKey,
    WECOM_BASE_URL: sim.url,
  };
  const plan = wecomFactories.map((factory) => factory.plan(env)).find(({ state }) => state === 'ready');
  if (plan?.state !== 'ready') throw new Error('the app is not configured');
  const stops: (() => void)[] = [];
  const adapter = await plan.create({
    ...deps,
    createBudget(limits) {
      const budget = createCallBudget({ limits, clock, memory: ledger.memory('wecom') });
      stops.push(() => budget.stop());
      return budget;
    },
  });
  ends.push(() => adapter.stop());
  return {
    adapter,
    kill() {
      killed.abort();
      for (const stop of stops) stop();
    },
  };
}

function sendAll({ adapter }: Process, person: PersonKey, name: string, count: number): Promise<unknown> {
  const to = adapter.addressOf(person);
  if (to === undefined) throw new Error('nowhere to send to');
  const signal = new AbortController().signal;
  return Promise.allSettled(
    Array.from({ length: count }, (_, index) => {
      const text = `${name} ${index}`;
      return adapter.send(to, { markdown: text, preview: text }, text, signal);
    }),
  );
}

it('after a kill near the limit of a minute the next process loses no message and is refused nothing', async () => {
  const around = createSurroundings(socketPace);
  const { clock } = around;
  const folder = mkdtempSync(join(tmpdir(), 'bridge-restart-'));
  ends.push(() => rmSync(folder, { recursive: true, force: true }));
  const store = await openStore({ file: join(folder, 'bridge.db') }, clock);
  const sim = await startWeComSimulator({ clock });
  ends.push(
    () => store.close(),
    () => sim.stop(),
    () => around.stop(),
  );
  const alice = sim.addUser({ name: '小丽', userId: 'XiaoLi' });
  const person = alice.userId as PersonKey;
  const shown = (): number =>
    sim.messages(sim.appChat(alice).chatId).filter(({ from }) => from.kind === 'bot').length;

  const first = await startProcess(sim, store.calls, around);
  await around.settled(sendAll(first, person, 'before', 25));
  expect(shown()).toBe(25);
  first.kill();
  await around.pass(1_100);
  const second = await startProcess(sim, store.calls, around);
  await around.settled(sendAll(second, person, 'after', 25));
  expect(shown()).toBe(50);
  expect(sim.calls().filter(({ unseen }) => unseen !== undefined)).toEqual([]);
}, 60_000);
