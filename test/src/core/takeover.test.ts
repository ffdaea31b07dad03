import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { InboundMessage } from '../../../src/contract/inbound.ts';
import { shortId, type Turn } from '../../../src/core/turn.ts';
import { fakeMessage } from '../../fakes/adapter.ts';
import { description, saying, type Script } from '../../fakes/model.ts';
import { postgresIsMissing, postgresUrl } from '../../fakes/postgres.ts';
import { postgresPlace, sqlitePlace, type TestPlace } from '../store/suite/engines.ts';
import { createReplicaStage, type Moment, type Replica, type ReplicaStage } from './replica-stage.ts';

const standstillMs = 60_000;

let stage: ReplicaStage;
let a: Replica;

async function until(condition: () => boolean | Promise<boolean>, what: string): Promise<void> {
  const giveUpAt = Date.now() + 20_000;
  while (!(await condition())) {
    if (Date.now() > giveUpAt)
      throw new Error(`never happened: ${what}\n${JSON.stringify(stage.platform.replies)}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

const textOf = (index: number): string => stage.platform.replies[index]?.states.at(-1)?.markdown ?? '';
const noticeOf = (index: number): string => stage.platform.replies[index]?.states.at(-1)?.notice ?? '';
const closed = (index: number) => (): boolean => stage.platform.replies[index]?.outcome !== undefined;
const outcomes = () => stage.platform.replies.map(({ outcome }) => outcome);
const unended = ({ store }: Replica): Promise<readonly Turn[]> => store.turns.unfinished();
const idle = (replica: Replica) => (): boolean => replica.core.running() === 0;
const stateIs = (state: Turn['state']) => async (): Promise<boolean> =>
  (await unended(a))[0]?.state === state;

async function send(replica: Replica, text: string, from = 'alice'): Promise<InboundMessage> {
  const message = fakeMessage({ text, from });
  // Nothing is promised to a message that is answered together with another one.
  expect((await replica.core.inbox(message)).outcome).toMatch(/accepted|ignored/);
  return message;
}

/** Says its second half only when it is told to, as in a process that was stopped in the middle of its answer. */
type InTwo = { readonly script: Script; goOn(): void };

function sayingInTwo(first: string, second: string): InTwo {
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

const once = (signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });

/** Asks the first replica and has half of the answer shown. */
async function halfAnswered(): Promise<{ readonly half: InTwo; readonly message: InboundMessage }> {
  const half = sayingInTwo('前半', '后半');
  a.model.answerWith(half.script);
  const message = await send(a, '问题');
  await until(() => textOf(0) === '前半', 'half of the answer is shown');
  await until(stateIs('streaming'), 'it is known to stream');
  return { half, message };
}

/** How far the first process came. */
type End = {
  readonly when: string;
  /** Whether the second one asks the model, with these words among others. */
  readonly asks: false | readonly string[];
  /** Brings it there; the answer given back goes on when it is woken. */
  comeThere(): Promise<InTwo | undefined>;
};

const stoppedAt = (moment: Moment) => async (): Promise<undefined> => {
  a.model.answerWith(saying('全文'));
  a.fallAsleepAt(moment);
  await send(a, '问题');
  await until(a.asleep, 'the first is asleep');
};

const ends: readonly End[] = [
  { when: 'nothing was shown', asks: ['问题'], comeThere: stoppedAt('before open') },
  { when: 'its reply was shown and not stored', asks: ['问题'], comeThere: stoppedAt('after open') },
  {
    when: 'its reply was there without a word',
    asks: ['问题'],
    async comeThere() {
      const half = sayingInTwo('', '后半');
      a.model.answerWith(half.script);
      await send(a, '问题');
      await until(stateIs('open'), 'the reply is stored');
      a.fallAsleep();
      return half;
    },
  },
  {
    when: 'half of the answer was shown',
    asks: ['问题'],
    async comeThere() {
      const { half } = await halfAnswered();
      a.fallAsleep();
      return half;
    },
  },
  { when: 'its last edit was decided and not shown', asks: false, comeThere: stoppedAt('before close') },
  { when: 'its last edit was shown and not stored', asks: false, comeThere: stoppedAt('after close') },
  {
    when: 'more had been said before the answer began',
    asks: ['问题', '还有'],
    async comeThere() {
      const half = sayingInTwo('', '后半');
      a.model.answerWith(half.script);
      await send(a, '问题');
      await until(() => a.model.asked.length === 1, 'it was asked');
      await send(a, '还有');
      await until(() => a.model.asked.length === 2, 'it was asked with all of it');
      a.fallAsleep();
      return half;
    },
  },
];

/** Another process takes up what the first one left; on the embedded database that is the next start. */
async function takeOver(): Promise<Replica> {
  const b = await stage.start('b');
  b.model.answerWith(saying('新的', '全文'));
  await stage.endLeases();
  await b.core.recover();
  return b;
}

async function expectOneEnd(b: Replica, { asks }: End): Promise<void> {
  await until(closed(0), 'the reply has ended');
  await until(async () => (await unended(b)).length === 0, 'nothing is left unended');
  expect(outcomes()).toEqual(['complete']);
  expect(textOf(0)).toBe(asks === false ? '全文' : '新的全文');
  expect(b.model.asked).toHaveLength(asks === false ? 0 : 1);
  const question = b.model.asked[0]?.messages.at(-1)?.text;
  for (const words of asks === false ? [] : asks) expect(question).toContain(words);
}

function onStage(makePlace: () => Promise<TestPlace>): void {
  beforeEach(async () => {
    stage = await createReplicaStage(makePlace);
    a = await stage.start('a');
  });
  afterEach(() => stage.stop());
}

function takesUpWhatWasLeft(makePlace: () => Promise<TestPlace>): void {
  onStage(makePlace);
  it.each(ends)('a question is ended once, in its reply, when $when', async (end) => {
    await end.comeThere();
    await expectOneEnd(await takeOver(), end);
  });
}

describe('after the end of a process, on the embedded database,', () => takesUpWhatWasLeft(sqlitePlace));

describe('a process that is alone and stops', () => {
  onStage(sqlitePlace);

  it('closes what has not ended within the grace, with a note', async () => {
    await halfAnswered();
    await a.core.drain(0);
    expect(outcomes()).toEqual(['interrupted']);
    expect([textOf(0), noticeOf(0)]).toEqual(['前半', expect.stringContaining('重')]);
    expect(await unended(a)).toEqual([]);
  });
});

const server = await postgresUrl();
const shared = (): Promise<TestPlace> => postgresPlace(server ?? '');
const describeReplicas = (title: string, behaviours: () => void): void => {
  if (server === undefined) describe.skip(postgresIsMissing, () => it(title));
  else describe(title, behaviours);
};

describeReplicas('after the end of one of several processes', () => takesUpWhatWasLeft(shared));

describeReplicas('a process that stood still', () => {
  onStage(shared);

  it.each(ends)('adds nothing to what another one has ended, when $when', async (end) => {
    const half = await end.comeThere();
    const b = await takeOver();
    await expectOneEnd(b, end);
    const shownBefore = { writes: [...stage.writes], replies: structuredClone(stage.platform.replies) };
    const ids = new Set(shownBefore.replies.map(({ key }) => key.replace(/-\d+$/, '')));
    const stored = () => Promise.all([...ids].map((id) => b.store.turns.byId(id as Turn['id'])));
    const before = await stored();
    a.wake(standstillMs);
    half?.goOn();
    await until(idle(a), 'the first has let go');
    expect(stage.writes).toEqual(shownBefore.writes);
    expect(stage.platform.replies).toEqual(shownBefore.replies);
    expect(await stored()).toEqual(before);
  });

  it('goes on with what nobody has taken over', async () => {
    const { half } = await halfAnswered();
    a.fallAsleep();
    await stage.endLeases();
    a.wake(standstillMs);
    half.goOn();
    await until(closed(0), 'the reply has ended');
    expect([outcomes(), textOf(0)]).toEqual([['complete'], '前半后半']);
  });

  it('shows nothing of a question that another took over while it was being admitted', async () => {
    const b = await stage.start('b');
    b.model.answerWith(saying('新的', '全文'));
    // The commit has taken place, and its answer has not arrived.
    const admitting = a.core.inbox(fakeMessage({ text: '问题' }));
    a.fallAsleep();
    await until(async () => (await unended(b)).length === 1, 'it is stored');
    await stage.endLeases();
    await b.core.recover();
    await until(closed(0), 'the other has answered');
    const writes = [...stage.writes];
    a.wake(standstillMs);
    // Asked for before the commit's answer arrives, so that this question is not among what is renewed.
    const renewed = a.leases.mayWrite(new AbortController().signal);
    await Promise.all([admitting, renewed]);
    await until(idle(a), 'the first has let go');
    expect(stage.writes).toEqual(writes);
    expect(outcomes()).toEqual(['complete']);
  });
});

describeReplicas('an end that the database does not take', () => {
  onStage(shared);

  it('is not shown before it is stored, and what was shown is not answered again', async () => {
    const refused: unknown[] = [];
    const { turns } = a.store;
    const { save } = turns;
    Object.assign(turns, {
      save: (...call: Parameters<typeof save>) => {
        const { state } = call[1];
        if ((state !== 'finalising' && state !== 'done') || refused.includes(state)) return save(...call);
        refused.push(state, outcomes());
        return Promise.reject(new Error('the database is gone'));
      },
    });
    a.model.answerWith(saying('全文'));
    await send(a, '问题');
    await until(async () => (await unended(a)).length === 0, 'its end is stored');
    // Nobody else would know of the end that was decided first; the second was shown by then.
    expect(refused).toEqual(['finalising', [undefined], 'done', ['complete']]);
    expect([outcomes(), textOf(0), a.model.asked.length]).toEqual([['complete'], '全文', 1]);
    expect(stage.platform.replies[0]?.closes).toBe(1);
  });
});

describeReplicas('one of several processes that stops', () => {
  onStage(shared);

  it('finishes what ends within the grace', async () => {
    const { half } = await halfAnswered();
    const b = await stage.start('b');
    const drained = a.core.drain(20_000);
    half.goOn();
    await drained;
    expect([outcomes(), textOf(0)]).toEqual([['complete'], '前半后半']);
    await b.core.recover();
    expect([b.core.running(), b.model.asked.length]).toEqual([0, 0]);
  });

  it('hands over the rest at once, which the other ends in the same reply', async () => {
    await halfAnswered();
    const b = await stage.start('b');
    b.model.answerWith(saying('新的', '全文'));
    await a.core.drain(0);
    expect(outcomes()).toEqual([undefined]);
    await b.core.recover();
    await until(closed(0), 'the reply has ended');
    await until(async () => (await unended(b)).length === 0, 'nothing is left unended');
    expect([outcomes(), textOf(0)]).toEqual([['complete'], '新的全文']);
    expect(stage.platform.replies[0]?.closes).toBe(1);
  });
});

describeReplicas('what is asked of one process about a question in another', () => {
  onStage(shared);

  /** The first replica works on a question and hears the others. */
  async function working(): Promise<{
    readonly b: Replica;
    readonly message: InboundMessage;
    readonly turn: Turn;
  }> {
    const { message } = await halfAnswered();
    const b = await stage.start('b');
    const listening = Promise.withResolvers<undefined>();
    // Heard one after the other: when this channel is, the one for stopping is.
    a.store.signals.listen('ready', {
      received: () => undefined,
      missed: () => listening.resolve(undefined),
    });
    await listening.promise;
    const [turn] = await unended(a);
    if (turn === undefined) throw new Error('nothing is being worked on');
    return { b, message, turn };
  }

  it.each(['/stop', '/forget confirm'])('%s stops it', async (command) => {
    const { b, turn } = await working();
    await send(b, command);
    await until(closed(0), 'the answer has ended');
    await until(closed(1), 'the command is answered');
    expect(outcomes()).toEqual(['stopped', 'complete']);
    await until(async () => (await unended(b)).length === 0, 'nothing is left unended');
    const stored = await b.store.turns.byId(turn.id);
    expect(stored?.erasedAt !== undefined).toBe(command.startsWith('/forget'));
    if (command.startsWith('/forget'))
      expect([stored?.question, stored?.answer]).toEqual([undefined, undefined]);
  });

  it('its stop button stops it, and tells so', async () => {
    const { b, message } = await working();
    const button =
      stage.platform.replies[0]?.states.at(-1)?.buttons?.find(({ kind }) => kind === 'stop')?.id ?? '';
    const press = () => {
      const { place, sender } = message;
      return b.core.inbox({ type: 'action', eventKey: fakeMessage().eventKey, place, actor: sender, button });
    };
    expect(await press()).toMatchObject({ toast: '正在停止' });
    await until(closed(0), 'the answer has ended');
    expect([outcomes(), textOf(0)]).toEqual([['stopped'], '前半']);
    await until(async () => (await unended(b)).length === 0, 'its end is stored');
    expect(await press()).toMatchObject({ toast: '这个回答已经结束了' });
  });

  it('its recall stops it and erases what was said', async () => {
    const { b, message, turn } = await working();
    await b.core.inbox({
      type: 'recalled',
      eventKey: fakeMessage().eventKey,
      place: message.place,
      message: message.eventKey,
    });
    await until(closed(0), 'the answer has ended');
    expect([outcomes(), noticeOf(0)]).toEqual([['stopped'], '消息已撤回，已停止']);
    await until(async () => (await unended(b)).length === 0, 'its end is stored');
    expect(await b.store.turns.byId(turn.id)).toMatchObject({ message: { text: '' }, answer: undefined });
  });

  it('the recall of a later message of it stops it, too', async () => {
    const half = sayingInTwo('', '后半');
    a.model.answerWith(half.script);
    await send(a, '问题');
    await until(() => a.model.asked.length === 1, 'it was asked');
    const more = await send(a, '还有');
    await until(() => a.model.asked.length === 2, 'it was asked with all of it');
    const b = await stage.start('b');
    await until(async () => {
      await b.core.inbox({
        type: 'recalled',
        eventKey: fakeMessage().eventKey,
        place: more.place,
        message: more.eventKey,
      });
      return closed(0)();
    }, 'the answer has ended');
    expect(outcomes()).toEqual(['stopped']);
  });

  it('/queue lists it, and can end it', async () => {
    const { b, turn } = await working();
    await send(b, '/queue', 'root');
    await until(closed(1), 'the command is answered');
    const { facts = [] } = stage.platform.replies[1]?.states.at(-1) ?? {};
    expect(JSON.stringify(facts)).toContain(shortId(turn.id));
    await send(b, `/queue stop ${shortId(turn.id)}`, 'root');
    await until(closed(0), 'the answer has ended');
    expect(outcomes()[0]).toBe('stopped');
    expect(noticeOf(0)).toContain('管理员');
  });
});
