import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { InboundMessage } from '../../../src/contract/inbound.ts';
import type { Turn } from '../../../src/core/turn.ts';
import { fakeMessage } from '../../fakes/adapter.ts';
import { description, saying, type Script } from '../../fakes/model.ts';
import { postgresIsMissing, postgresUrl } from '../../fakes/postgres.ts';
import { postgresPlace, type TestPlace } from '../store/suite/engines.ts';
import { createReplicaStage, type Replica, type ReplicaStage } from './replica-stage.ts';

/** Set anew before each test by `onStage`: the platform and its database, and the first process. */
export let stage: ReplicaStage;
export let a: Replica;

export async function until(condition: () => boolean | Promise<boolean>, what: string): Promise<void> {
  const giveUpAt = Date.now() + 20_000;
  while (!(await condition())) {
    if (Date.now() > giveUpAt)
      throw new Error(`never happened: ${what}\n${JSON.stringify(stage.platform.replies)}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

export const textOf = (index: number): string => stage.platform.replies[index]?.states.at(-1)?.markdown ?? '';
export const noticeOf = (index: number): string => stage.platform.replies[index]?.states.at(-1)?.notice ?? '';
export const closed = (index: number) => (): boolean => stage.platform.replies[index]?.outcome !== undefined;
export const outcomes = () => stage.platform.replies.map(({ outcome }) => outcome);
export const unended = ({ store }: Replica): Promise<readonly Turn[]> => store.turns.unfinished();
export const idle = (replica: Replica) => (): boolean => replica.core.running() === 0;
export const stateIs = (state: Turn['state']) => async (): Promise<boolean> =>
  (await unended(a))[0]?.state === state;

export async function send(replica: Replica, text: string, from = 'alice'): Promise<InboundMessage> {
  const message = fakeMessage({ text, from });
  // Nothing is promised to a message that is answered together with another one.
  expect((await replica.core.inbox(message)).outcome).toMatch(/accepted|ignored/);
  return message;
}

/** Says its second half only when it is told to, as in a process that was stopped in the middle of its answer. */
export type InTwo = { readonly script: Script; goOn(): void };

export function sayingInTwo(first: string, second: string): InTwo {
  const { promise, resolve } = Promise.withResolvers<undefined>();
  return {
    goOn: () => resolve(undefined),
    async *script(_request, signal) {
      yield { type: 'start', server: description };
      if (first !== '') yield { type: 'text-delta', text: first };
      await Promise.race([promise, once(signal)]);
      if (!signal.aborted) yield { type: 'text-delta', text: second };
      yield { type: 'end', reason: signal.aborted ? 'aborted' : 'stop' };
    },
  };
}

export const once = (signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });

/** Asks the first replica and has half of the answer shown. */
export async function halfAnswered(): Promise<{ readonly half: InTwo; readonly message: InboundMessage }> {
  const half = sayingInTwo('前半', '后半');
  a.model.answerWith(half.script);
  const message = await send(a, '问题');
  await until(() => textOf(0) === '前半', 'half of the answer is shown');
  await until(stateIs('streaming'), 'it is known to stream');
  return { half, message };
}

/** Another process takes up what the first one left; on the embedded database that is the next start. */
export async function takeOver(): Promise<Replica> {
  const b = await stage.start('b');
  b.model.answerWith(saying('新的', '全文'));
  await stage.endLeases();
  await b.core.recover();
  return b;
}

/** Each test of the surrounding `describe` begins with one process on an empty database. */
export function onStage(makePlace: () => Promise<TestPlace>): void {
  beforeEach(async () => {
    stage = await createReplicaStage(makePlace);
    a = await stage.start('a');
  });
  afterEach(() => stage.stop());
}

const server = await postgresUrl();
export const shared = (): Promise<TestPlace> => postgresPlace(server ?? '');
/** For what only several processes can do. */
export const describeReplicas = (title: string, behaviours: () => void): void => {
  if (server === undefined) describe.skip(postgresIsMissing, () => it(title));
  else describe(title, behaviours);
};
