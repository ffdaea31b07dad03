import { randomUUID } from 'node:crypto';
import type { Adapter } from '../../src/contract/adapter.ts';
import type { Clock, Logger } from '../../src/contract/runtime.ts';
import { createCallBudget, type StoppableCallBudget } from '../../src/reply/call-budget.ts';
import { dingtalkFactory } from '../../adapters/dingtalk/index.ts';
import { alone } from '../fakes/alone.ts';
import type { SimConnection } from '../simulators/dingtalk/connection.ts';
import type { DingTalkLimits } from '../simulators/dingtalk/rules.ts';
import { startDingTalkSimulator, type DingTalkSimulator } from '../simulators/dingtalk/simulator.ts';

/** The adapter before a simulated gateway, with an inbox that takes everything. */
export type LineStage = {
  readonly sim: DingTalkSimulator;
  readonly adapter: Adapter;
  /** How often each text has come in. */
  readonly received: ReadonlyMap<string, number>;
  /** Somebody says this to the bot. */
  say(text: string): void;
  /** Connections over which messages come in. */
  receiving(): readonly SimConnection[];
  stop(): Promise<void>;
};

const ignore = (): void => undefined;
const silent: Logger = {
  trace: ignore,
  debug: ignore,
  info: ignore,
  warn: ignore,
  error: ignore,
  addSecret: ignore,
};

export async function startLineStage(
  clock: Clock,
  random: () => number,
  limits: Partial<DingTalkLimits> = {},
): Promise<LineStage> {
  const sim = await startDingTalkSimulator({ clock, limits });
  const person = sim.addPerson({ name: '小红' });
  const chat = sim.directChat(person);
  const received = new Map<string, number>();
  const budgets: StoppableCallBudget[] = [];
  const plan = dingtalkFactory.plan({
    DINGTALK_CLIENT_ID: sim.app.clientId,
    DINGTALK_CLIENT_SECRET: sim.app.clientSecret,
    DINGTALK_BASE_URL: sim.url,
    DINGTALK_OAPI_BASE_URL: sim.oapiUrl,
  });
  if (plan.state !== 'ready') throw new Error(`the environment is ${plan.state}`);
  const adapter = await plan.create({
    clock,
    log: silent,
    random,
    uuid: () => randomUUID(),
    createBudget(callLimits) {
      const budget = createCallBudget({ limits: callLimits, clock });
      budgets.push(budget);
      return budget;
    },
    proxyFor: () => undefined,
    mediaHosts: [],
    version: '0.0.0',
    ...alone(clock),
  });
  await adapter.start(async (event) => {
    if (event.type === 'message') received.set(event.text, (received.get(event.text) ?? 0) + 1);
    return { outcome: 'accepted' };
  });
  return {
    sim,
    adapter,
    received,
    say: (text) => void sim.say({ chat, from: person, said: { kind: 'text', text } }),
    receiving: () => sim.connections().filter((connection) => !connection.leaving()),
    async stop() {
      await adapter.stop();
      for (const budget of budgets) budget.stop();
      await sim.stop();
    },
  };
}
